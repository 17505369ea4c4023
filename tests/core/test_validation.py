"""Validation messages are the old system's, one for every broken rule, in its order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from core.api.checks import TEXTS, is_email, is_url, one_of, parse_date
from core.api.fields import Array, Choice, Date, Email, Flag, Free, MongoId, Number, Page, Text, Until
from core.api.parsing import parse_json
from core.api.validation import Body, BodyList, Query, elements
from core.errors import BadRequest


class Contact(Body):
    city = Text()
    kind = Choice(("home", "work"))


class Item(Body):
    name = Text()


class Inner(Body):
    short = Text(max_length=3)
    more = Contact(required=False)


NO_CONTACT = "nested property contact must be either object or array"
NO_MORE = "property more should not exist"
NO_ITEM = "each value in nested property items must be either object or array"
COLOURS = "colours must be one of the following values: red, blue"
CONTACTS = [
    "contact.0.city must be a string",
    "contact.0.kind must be one of the following values: home, work",
]


class Example(Body):
    email = Email()
    score = Number(0, 100, required=False)
    tags = Array(TEXTS, required=False)
    colours = Array(one_of(("red", "blue")), required=False)
    contact = Contact(required=False)
    items = BodyList(Item, required=False, max_items=2)
    short = Text(required=False, max_length=3)
    big = Number(required=False)
    inner = Inner(required=False)
    owner = MongoId(required=False, or_uuid=True)
    due = Date(required=False)
    extra = Free(required=False)
    on = Flag(required=False)


class Listing(Query):
    page = Page(default=1)
    limit = Page(100, default=10)
    active = Flag(required=False)


def messages(body: type[Body], data: dict[str, Any]) -> list[str]:
    validator = body(data=data)
    validator.is_valid()
    return list(validator.errors)


def test_a_good_body_passes_with_its_values_converted() -> None:
    validator = Example(data={"email": "a@b.cd", "due": "2026-11-24", "tags": ["x"], "score": 5})
    assert validator.is_valid()
    assert validator.validated_data["due"].isoformat() == "2026-11-24T00:00:00+00:00"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, ["email must be an email"]),
        ({"email": "nope"}, ["email must be an email"]),
        ({"email": "a@b.cd", "hacker": 1}, ["property hacker should not exist"]),
        (
            {"email": "a@b.cd", "score": "5"},
            [
                "score must not be greater than 100",
                "score must not be less than 0",
                "score must be a number conforming to the specified constraints",
            ],
        ),
        ({"email": "a@b.cd", "score": True}, messages(Example, {"email": "a@b.cd", "score": "5"})),
        ({"email": "a@b.cd", "tags": "a"}, ["tags must be an array"]),
        ({"email": "a@b.cd", "tags": [1]}, ["each value in tags must be a string"]),
        (
            {"email": "a@b.cd", "tags": {}},
            ["each value in tags must be a string", "tags must be an array"],
        ),
        (
            {"email": "a@b.cd", "colours": ["green"]},
            ["each value in colours must be one of the following values: red, blue"],
        ),
        ({"email": "a@b.cd", "contact": "x"}, ["nested property contact must be either object or array"]),
        (
            {"email": "a@b.cd", "contact": {"fax": 1}},
            [
                "contact.property fax should not exist",
                "contact.city must be a string",
                "contact.kind must be one of the following values: home, work",
            ],
        ),
        ({"email": "a@b.cd", "items": [{"name": "x"}, {}]}, ["items.1.name must be a string"]),
        ({"email": "a@b.cd", "colours": "green"}, [f"each value in {COLOURS}", "colours must be an array"]),
        ({"email": "a@b.cd", "colours": "red"}, ["colours must be an array"]),
        ({"email": "a@b.cd", "contact": [{}]}, CONTACTS),
        ({"email": "a@b.cd", "contact": ["x"]}, [f"contact.{NO_CONTACT}"]),
        ({"email": "a@b.cd", "contact": []}, ["contact must be an object"]),
        ({"email": "a@b.cd", "contact": {"city": "x", "kind": "home", "more": 1}}, [f"contact.{NO_MORE}"]),
        ({"email": "a@b.cd", "items": "x"}, ["items must be an array", NO_ITEM]),
        ({"email": "a@b.cd", "items": {}}, ["items.name must be a string"]),
        ({"email": "a@b.cd", "items": {"name": "x"}}, ["items must be an array"]),
        ({"email": "a@b.cd", "items": [None, 5]}, [f"items.{NO_ITEM}"] * 2),
        # Limits of ours: alone, and never beside what the old system had to say.
        ({"email": "a@b.cd", "short": "xxxx"}, ["short must be shorter than or equal to 3 characters"]),
        ({"email": "nope", "short": "xxxx"}, ["email must be an email"]),
        ({"email": "a@b.cd", "items": [{"name": "x"}] * 3}, ["items must contain no more than 2 elements"]),
        ({"email": "a@b.cd", "score": 2**60, "big": 2**60}, ["score must not be greater than 100"]),
        ({"email": "a@b.cd", "big": 2**60}, ["big must be a number conforming to the specified constraints"]),
        (
            {"email": "a@b.cd", "inner": {"short": "xxxx"}},
            ["inner.short must be shorter than or equal to 3 characters"],
        ),
        ({"email": "a@b.cd", "short": "xxxx", "inner": {"short": 5}}, ["inner.short must be a string"]),
        ({"email": "a@b.cd", "owner": "123"}, ["owner must be a mongodb id"]),
        ({"email": "a@b.cd", "due": "tomorrow"}, ["due must be a valid ISO 8601 date string"]),
        ({"email": "a@b.cd", "extra": {"$where": 1}}, ["extra must be an object"]),
        ({"email": "a@b.cd", "on": "yes"}, ["on must be a boolean value"]),
    ],
)
def test_messages(data: dict[str, Any], expected: list[str]) -> None:
    assert messages(Example, data) == expected


@pytest.mark.parametrize(
    "data",
    [
        {f"x{number}": 1 for number in range(10_000)},
        {"email": "a@b.cd", "inner": {"short": "x", **{f"x{number}": 1 for number in range(10_000)}}},
    ],
)
def test_an_answer_tells_the_first_two_hundred_messages(data: dict[str, Any]) -> None:
    told = messages(Example, data)
    assert (len(told), told[0].rpartition(".")[2]) == (200, "property x0 should not exist")


def test_elements_that_are_no_objects_are_not_told_by_the_thousand() -> None:
    with pytest.raises(ValidationError) as refused:
        elements(Item, [5] * 10_000, "items", NO_ITEM)
    assert refused.value.detail == [f"items.{NO_ITEM}"] * 200


def test_a_nested_wrong_shape_is_told_under_its_parent() -> None:
    expected = ["inner.nested property more must be either object or array"]
    assert messages(Example, {"email": "a@b.cd", "inner": {"short": "x", "more": 5}}) == expected


@pytest.mark.parametrize(
    ("address", "is_one"),
    [("a@b.cd", True), ("a.b+c@x-y.co.uk", True), ("a..b@c.de", False), (".a@b.cd", False), ("a.@b.cd", False)]
    + [
        ("a@-b.cd", False),
        ("a@b-.cd", False),
        ("a@b", False),
        ("a@b.c", False),
        ("a b@c.de", False),
        (f"{'a' * 65}@b.cd", False),
    ],
)
def test_email_addresses(address: str, is_one: bool) -> None:
    assert is_email(address) is is_one


@pytest.mark.parametrize(
    ("address", "is_one"),
    [("https://acme.test/a?b=c#d", True), ("acme.test", True), ("HTTP://1.2.3.4:8080", True), ("ftp://a.bc", True)]
    + [
        (text, False)
        for text in ("", "nope", "http://localhost", "mailto:a@b.cd", "javascript:alert(1)", "http://a b.cd", "//a.bc")
    ],
)
def test_web_addresses(address: str, is_one: bool) -> None:
    assert is_url(address) is is_one


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2026", "2026-01-01"), ("2026-05", "2026-05-01"), ("2026-13", None), ("20260501", None), ("2026-5", None)],
)
def test_years_and_months_are_dates(text: str, moment: str | None) -> None:
    parsed = parse_date(text)
    assert (parsed and parsed.date().isoformat()) == moment


def test_optional_null_counts_as_absent() -> None:
    validator = Example(data={"email": "a@b.cd", "score": None, "contact": None, "tags": None})
    assert validator.is_valid()
    assert validator.validated_data == {"email": "a@b.cd"}


def test_query_numbers_and_flags_are_converted() -> None:
    validator = Listing(data={"page": "2", "limit": "100", "active": "true"})
    assert validator.is_valid()
    assert validator.validated_data == {"page": 2, "limit": 100, "active": True}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"page": "0"}, ["page must not be less than 1"]),
        ({"page": ""}, ["page must not be less than 1"]),
        (
            {"page": "abc"},
            ["page must not be less than 1", "page must be a number conforming to the specified constraints"],
        ),
        ({"limit": "101"}, ["limit must not be greater than 100"]),
        (
            {"limit": ["1", "2"]},
            [
                "limit must not be greater than 100",
                "limit must not be less than 1",
                "limit must be a number conforming to the specified constraints",
            ],
        ),
        ({"page": "1e400"}, messages(Listing, {"page": "abc"})),
        ({"page": "nan"}, messages(Listing, {"page": "abc"})),
    ],
)
def test_query_messages(data: dict[str, Any], expected: list[str]) -> None:
    assert messages(Listing, data) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from([*Example().fields, "other"]), JSON))
def test_no_body_breaks_the_validator(data: dict[str, Any]) -> None:
    validator = Example(data=data)
    if not validator.is_valid():
        assert validator.errors
        assert all(isinstance(text, str) for text in validator.errors)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"source":', "Unexpected end of JSON input"),
        ('"x"', 'Unexpected token \'"\', ""x"" is not valid JSON'),
        ("NaN", "Unexpected token 'N', \"NaN\" is not valid JSON"),
    ],
)
def test_malformed_json_has_the_old_parsers_words(text: str, message: str) -> None:
    with pytest.raises(BadRequest, match=r"\S") as caught:
        parse_json(text)
    assert caught.value.message == message


def test_half_an_emoji_becomes_a_replacement_character() -> None:
    cut = r'{"a\ud83d": ["x\uD83D", "\ude00y"], "whole": "\ud83d\ude00", "written": "\\ud83d"}'
    assert parse_json(cut) == {"a\ufffd": ["x\ufffd", "\ufffdy"], "whole": "\U0001f600", "written": r"\ud83d"}


@given(st.text())
def test_any_text_is_json_or_a_bad_request(text: str) -> None:
    try:
        assert isinstance(parse_json(text), dict | list)
    except BadRequest as problem:
        assert problem.message


# -- ends of periods and states ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("sent", "end"),
    [
        ("2026-11-27", "2026-11-27T23:59:59.999000+00:00"),
        ("2026-W48-5", "2026-11-27T23:59:59.999000+00:00"),
        ("9999-12-31", "9999-12-31T23:59:59.999000+00:00"),
        ("2026-11-27T00:00", "2026-11-27T00:00:00+00:00"),
        ("2026-11-27T00:00:00.000Z", "2026-11-27T00:00:00+00:00"),
        ("2026-11-27T10:30:00+02:00", "2026-11-27T08:30:00+00:00"),
    ],
)
def test_a_date_without_time_ends_a_period_with_its_day(sent: str, end: str) -> None:
    class Period(Query):
        until = Until()

    asked = Period(data={"until": sent})
    asked.is_valid(raise_exception=True)
    assert asked.validated_data["until"].isoformat() == end


def test_an_end_that_is_no_date_is_refused() -> None:
    class Period(Query):
        until = Until()

    for sent in ("today", "2026-11-31", "2026-11-27T25:00", ""):
        asked = Period(data={"until": sent})
        assert not asked.is_valid()
        assert asked.errors == ["until must be a valid ISO 8601 date string"]
