"""What counts as a difference of two answers, and what is kept of it."""

import json
from typing import Any

import pytest

from gateway.shadow.callers import names_of, role_of
from gateway.shadow.collecting import NotCompared, opened
from gateway.shadow.compare import deviations, shown, touches, unexplained
from gateway.shadow.exchange import Answer
from gateway.shadow.explanations import Asked, Deviation, explanations

JSON = "application/json; charset=utf-8"
RULES = explanations()


def answer(body: Any = None, status: int = 200, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"content-type": JSON} | named, content)


def between(old: Any, new: Any) -> list[tuple[str, str]]:
    sides = [one if isinstance(one, Answer) else answer(one) for one in (old, new)]
    return [(one.where, one.kind) for one in map(shown, deviations(*sides))]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1.0}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"a": 0.1}, {"a": 0.10000000001}, [(".a", "rounding")]),
        ({"a": 1}, {"a": True}, [(".a", "type")]),
        ({"a": 1}, {"a": "1"}, [(".a", "type")]),
        ({"a": 1}, {}, [(".a", "missing")]),
        ({}, {"a": 1}, [(".a", "extra")]),
        ({}, {"a": None}, [(".a", "null for missing")]),
        ({"a": "x"}, {"a": None}, [(".a", "null")]),
        ({"a": "2026-01-01T12:00:00.000Z"}, {"a": "2026-01-01T06:00:00.000-06:00"}, [(".a", "time zone")]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [(".a", "order")]),
        ({"a": [1, 2]}, {"a": [1]}, [(".a", "length")]),
        ([{"id": 1, "x": 1}, {"id": 2}], [{"id": 2}, {"id": 1, "x": 3}], [("body", "order"), ("[].x", "value")]),
        (answer(b"{"), answer(b"{}"), [("encoding", "value")]),
        (answer("caf\u00e9"), answer('"caf\u00e9"'.encode("latin-1")), [("encoding", "value")]),
        (answer(b"NaN"), answer(b"1"), [("encoding", "value")]),
        (answer(b"a,b", content_type="text/csv"), answer(b"a;b", content_type="text/csv"), [("body", "value")]),
        (answer(b"\x00", content_type="image/png"), answer(b"\x01", content_type="image/png"), [("body", "value")]),
        (answer({}, content_type="application/json"), answer({}), []),
        (
            answer(b"x", content_type="text/csv; charset=utf-8"),
            answer(b"x", content_type="text/csv; charset=latin-1"),
            [("header content-type", "value")],
        ),
        (answer({}, location="/a"), answer({}, location="/b"), [("header location", "value")]),
        (answer({}, cache_control="no-cache, private"), answer({}, cache_control="private,no-cache"), []),
        (answer({}, etag="1"), answer({}, etag="2"), []),
        (answer({}, 200), answer({}, 201), [("status", "value")]),
    ],
)
def test_json_is_compared_by_meaning_and_the_rest_by_text(old: Any, new: Any, expected: list[tuple[str, str]]) -> None:
    assert between(old, new) == expected


@pytest.mark.parametrize(
    ("deviation", "kept"),
    [
        (
            Deviation(".leads[3].notes", "Zelda Quimby 555-0188", "x"),
            (".leads[].notes", '"Aaaaa Aaaaaa 999-9999"', '"a"'),
        ),
        (Deviation(".customFields.Zelda Quimby.x", 1.5, ...), (".customFields.*.x", "9.9", "(nothing)")),
        (Deviation(".customFields.zelda1977", True, None), (".customFields.*", "true", "null")),
        (Deviation(".status", "new", "contacted"), (".status", '"new"', '"contacted"')),
        (Deviation(".people", [{"n": "Zelda"}], {"Zelda": 1}), (".people", "a list of 1", "an object of 1 members")),
        (Deviation("", b"Zelda", "\u5b50"), ("body", "5 bytes", '"a"')),
        (Deviation("status", 200, 404), ("status", "200", "404")),
        (Deviation("header location", "/x?token=abc", ...), ("header location", '"/a?aaaaa=aaa"', "(nothing)")),
    ],
)
def test_an_example_keeps_the_shape_of_a_value_only(deviation: Deviation, kept: tuple[str, str, str]) -> None:
    one = shown(deviation)
    assert (one.where, one.old, one.new) == kept


def test_a_rule_explains_its_member_and_nothing_else() -> None:
    asked = Asked("GET", "/api/leads?page=1", {}, "page=1 ", frozenset({"admin"}))
    lead = {"leadId": "a", "notes": "x"}
    old = answer({"leads": [lead], "total": 1})
    added = answer({"leads": [lead | {"_id": "b", "id": "b"}], "total": 1})
    assert unexplained(asked, deviations(old, added), RULES) == []
    changed = answer({"leads": [lead | {"_id": "b", "id": "b", "notes": "y"}], "total": 2})
    left = unexplained(asked, deviations(old, changed), RULES)
    assert [one.path for one in left] == [".leads[0].notes", ".total"]


def test_a_path_touches_what_is_above_and_below_it() -> None:
    assert touches(".a[0].b", {".a"})
    assert touches(".a", {".a[0].b"})
    assert not touches(".ab", {".a"})
    assert touches(".x", {""})
    assert not touches("status", {""})


def test_callers_are_told_apart_by_what_their_token_says() -> None:
    token = "x.eyJyb2xlcyI6WyJTVVBFUl9BRE1JTiIsIm1hZGUgdXAiXX0.y"
    headers = {"authorization": f"Bearer {token}"}
    assert (role_of(headers), names_of(headers)) == ("SUPER_ADMIN", {"SUPER_ADMIN", "sys"})
    assert (role_of({}), role_of({"authorization": "Bearer a.%%%.b"})) == ("nobody", "other")


def test_compressed_answers_are_opened_up_to_a_size() -> None:
    import gzip

    gzipped = {"content-encoding": "gzip"}
    assert opened(gzipped, gzip.compress(b"{}")) == b"{}"
    for coding, body in (("gzip", gzip.compress(b"x" * 20_000_000)), ("gzip", b"no gzip"), ("br", b"x")):
        with pytest.raises(NotCompared):
            opened({"content-encoding": coding}, body)
