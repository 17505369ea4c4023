"""Query strings as Express' parser read them; each expectation is what qs 6 gives with Express 4's options."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.api.query import flat, parse
from tests.conftest import Api, Caller
from tests.system.platform import lead_body


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a", {"a": ""}),
        ("=1&&a=b=c", {"a": "b=c"}),
        ("a=1&a=2", {"a": ["1", "2"]}),
        ("a[]=1", {"a": ["1"]}),
        ("a%5B%5D=1&a%5B%5D=2", {"a": ["1", "2"]}),
        ("a[]=1&a=2&a[0]=3", {"a": [["1", "3"], "2"]}),
        ("a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        ("a[5]=x&a[20]=y", {"a": ["x", "y"]}),
        ("a[21]=x", {"a": {"21": "x"}}),
        ("a[01]=x", {"a": {"01": "x"}}),
        ("a[0]=x&a[b]=y", {"a": {"0": "x", "b": "y"}}),
        ("f[status]=new&f[tags][]=vip", {"f": {"status": "new", "tags": ["vip"]}}),
        ("a[b]=1&a=c", {"a": {"b": "1", "c": "true"}}),
        ("a[]=", {"a": [""]}),
        ("a[=1&b]=2&[c]=3", {"a[": "1", "b]": "2", "[c]": "3"}),
        ("a[b][c][d][e][f][g]=1", {"a": {"b": {"c": {"d": {"e": {"f": {"[g]": "1"}}}}}}}),
        ("__proto__[x]=1&a[__proto__]=2&hasOwnProperty=3", {"hasOwnProperty": "3"}),
        ("a=%zz&b=%ff&c=x+y%2B", {"a": "%zz", "b": "%ff", "c": "x y+"}),
        ("a[99999999999999999999]=1", {"a": {"99999999999999999999": "1"}}),
    ],
)
def test_members(text: str, members: dict[str, Any]) -> None:
    assert parse(text) == members


def test_only_so_many_are_looked_at() -> None:
    assert len(parse("&".join(f"a{number}=1" for number in range(5000)))) == 1000
    assert parse("&".join(["a[]=1"] * 5000)) == {"a": ["1"] * 1000}


@given(st.text(alphabet="ab[]0=&%1_", max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    flat(parse(text))


def test_single_parameters_are_found_under_their_plain_name() -> None:
    members = flat(parse("fields[]=a&fields[]=b&leadIds=1,2&filters[status]=new"))
    assert members.getlist("fields") == ["a", "b"]
    assert (members.get("leadIds"), members.get("filters[status]")) == ("1,2", "new")


@pytest.mark.parametrize("query", ["tags=vip", "tags[]=vip", "tags%5B%5D=vip", "tags[0]=vip", "tags=vip&tags=gone"])
def test_every_way_to_write_a_list_finds_the_lead(api: Api, query: str) -> None:
    boss = Caller()
    for tags in (["vip"], ["cold"]):
        body = lead_body(boss.user_id, tags=tags)
        assert api.post("/api/leads", body, as_=boss).status_code == 201
    answer = api.get(f"/api/leads?{query}", as_=boss)
    assert answer.status_code == 200, answer.content
    assert [lead["tags"] for lead in answer.json()["leads"]] == [["vip"]]


def test_a_nested_parameter_is_refused_by_name(api: Api) -> None:
    answer = api.get("/api/leads?nonsense[a]=1&__proto__[b]=2", as_=Caller())
    assert (answer.status_code, answer.json()["message"]) == (400, ["property nonsense should not exist"])
    assert api.get("/api/leads?search[a]=1", as_=Caller()).status_code == 400
