"""What people write for a state becomes its two letters, or nothing: never another state's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.states import _NAMES, is_american, state_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("TX", "TX"),
        (" tx ", "TX"),
        ("T.X.", "TX"),
        ("Arizona", "AZ"),
        ("MAINE", "ME"),
        ("missouri", "MO"),
        ("new  york", "NY"),
        ("New-York", "NY"),
        ("N. Carolina", "NC"),
        ("W Virginia", "WV"),
        ("Calif.", "CA"),
        ("Miss.", "MS"),
        ("Washington", "WA"),
        ("Washington, D.C.", "DC"),
        ("U.S. Virgin Islands", "VI"),
        ("\uff34\uff38", "TX"),
    ],
)
def test_a_state_has_many_spellings(text: str, code: str) -> None:
    assert state_code(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "ON",
        "Ontario",
        "Ark Mass",
        "Ari",
        "Carolina",
        "Dakota",
        "Te",
        "T1X",
        "Mis",
        7,
        None,
        ["TX"],
        "x" * 10_000,
    ],
)
def test_what_is_no_state_is_none(text: object) -> None:
    assert state_code(text) is None


def test_no_name_is_cut_to_another_states_letters() -> None:
    assert {name: state_code(name.upper()) for name in _NAMES.values()} == {name: code for code, name in _NAMES.items()}
    assert len(_NAMES) == 62


@given(st.text())
def test_any_text_has_a_code_or_none(text: str) -> None:
    assert state_code(text) in {*_NAMES, None}


def test_an_address_elsewhere_has_no_state_of_ours() -> None:
    assert all(map(is_american, (None, "", "US", "u.s.a.", "United States of America")))
    assert not any(map(is_american, ("Canada", "MX", 7)))
