"""The way over and the way back, beside a running old system on the same database, under a constant load of reads and writes."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import httpx
import jwt
import pytest

from tests.legacy.data import AGENTS
from tests.legacy.load import LEGACY, SERVICE, Load, log_in, side_of
from tests.legacy.walk import GROUPS, STEPS, everywhere, in_front_of, moved, old_system
from tests.system.platform import Platform, lead_body, until

# Two systems start on few cores.
pytestmark = pytest.mark.timeout(600)

_EFFECT_SECONDS = 5.0
AGENT = "64f0000000000000000000a3"


class Way(NamedTuple):
    """A platform in front of the old system, and where that listens."""

    platform: Platform
    legacy: str


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    folder = tmp_path_factory.mktemp("way")
    with old_system(folder) as (legacy, uri), in_front_of(legacy, uri, folder / "platform") as platform:
        yield Way(platform, legacy)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _answered_since(load: Load, before: Counter[tuple[str, str]], group: str, side: str) -> bool:
    return load.answers[group, side] > before[group, side] + 3


def test_groups_go_over_and_back_and_nobody_notices(way: Way) -> None:
    load = Load(way.platform.url, way.legacy)
    with load.running():
        for group in GROUPS:
            for to in (*STEPS, "rollback"):
                before = load.answers.copy()
                took = moved(way.platform, group, to)
                print(f"{group:12} {to:10} in effect after {took:.2f} s")
                assert took < _EFFECT_SECONDS
                wanted = {"canary=50": (LEGACY, SERVICE), "service": (SERVICE,), "rollback": (LEGACY,)}.get(to, ())
                for side in wanted:
                    until(partial(_answered_since, load, before, group, side), 30)
    print(f"{sum(load.answers.values())} requests, {len(load.failures)} failed; {len(load.promised)} leads promised")
    assert load.failures == []
    assert len(load.promised) > 20
    assert all(load.answers[group, side] for group in GROUPS for side in (LEGACY, SERVICE))
    assert everywhere(way.platform, way.legacy, load) == []


def test_after_a_rollback_the_old_system_answers_alone(way: Way) -> None:
    for group in ("leads.read", "buyers.read"):
        moved(way.platform, group, "service")
    way.platform.command("rollback", "--all", "--reason", "all back")
    token = log_in(way.legacy, "agent00@acme.test")["accessToken"]
    paths = ("/api/leads", "/api/buyers", "/api/users/me", "/api/auth/me")
    with way.platform.client(token) as client:
        assert {side_of(client.get(path)) for path in paths} == {LEGACY}
        assert httpx.get(f"{way.legacy}/api/leads", headers=bearer(token)).json() == client.get("/api/leads").json()


def test_tokens_of_either_side_work_on_the_other(way: Way) -> None:
    for group in ("leads.read", "buyers.read", "users.read", "auth.account", "auth.login"):
        moved(way.platform, group, "service")
    old, new = log_in(way.legacy, "agent@acme.test"), log_in(way.platform.url, "agent@acme.test")
    paths = ("/api/leads", "/api/buyers", "/api/users/me", "/api/auth/me")
    with way.platform.client(old["accessToken"]) as client:
        answers = [client.get(path) for path in paths]
        assert [(side_of(one), one.status_code) for one in answers] == [(SERVICE, 200)] * 4
        renewed = client.post("/api/auth/refresh", json={})
        assert (side_of(renewed), renewed.status_code) == (SERVICE, 200)
    for token in (new["accessToken"], renewed.json()["accessToken"]):
        there = [httpx.get(way.legacy + path, headers=bearer(token)) for path in paths]
        assert [(side_of(one), one.status_code) for one in there] == [(LEGACY, 200)] * 4
    back = httpx.post(f"{way.legacy}/api/auth/refresh", headers=bearer(new["accessToken"]), json={})
    assert (side_of(back), back.status_code) == (LEGACY, 200)


def test_a_lead_of_one_side_is_the_same_on_the_other(way: Way) -> None:
    headers = bearer(log_in(way.legacy, "agent@acme.test")["accessToken"])
    moved(way.platform, "leads.read", "service")
    listed = httpx.get(f"{way.platform.url}/api/leads?limit=100", headers=headers).json()
    there = httpx.get(f"{way.legacy}/api/leads?limit=100", headers=headers).json()
    # The ids are our additions (contract/leads-rules.md §1).
    ours = [{name: value for name, value in lead.items() if name not in ("_id", "id")} for lead in listed["leads"]]
    assert ours == there["leads"]
    assert {name: listed[name] for name in ("total", "page", "limit", "totalPages")} == {
        name: there[name] for name in ("total", "page", "limit", "totalPages")
    }


def test_the_states_survive_a_restart_of_the_platform(way: Way) -> None:
    moved(way.platform, "leads.read", "canary=50")
    tokens = [log_in(way.legacy, f"agent{number:02}@acme.test")["accessToken"] for number in range(AGENTS)]

    def sides() -> list[str]:
        # A gateway that has just started has not fetched the services' keys yet.
        return [side_of(httpx.get(f"{way.platform.url}/api/leads?limit=1", headers=bearer(one))) for one in tokens]

    def told() -> list[tuple[str, str]]:
        rows = json.loads(way.platform.command("routes", "--json"))["groups"]
        return [(row["group"], row["state"]) for row in rows]

    before, states = sides(), told()
    assert set(before) == {LEGACY, SERVICE}
    way.platform.stop()
    way.platform.start()
    assert told() == states
    until(lambda: sides() == before, 20)


def _kind(tokens: dict[str, str]) -> str:
    return str(jwt.get_unverified_header(tokens["accessToken"])["alg"])


def test_changing_the_issuer_while_everything_runs_logs_nobody_out(way: Way) -> None:
    for group in ("auth.login", "auth.account"):
        moved(way.platform, group, "service")
    before = log_in(way.platform.url, "agent@acme.test")
    assert _kind(before) == "HS256"
    # The old system still answers other groups, and would not take the new kind.
    way.platform.command("issuer", "service", "--reason", "too early", check=False)
    assert _kind(log_in(way.platform.url, "agent@acme.test")) == "HS256"
    way.platform.command("issuer", "service", "--reason", "a test", "--force")
    after = until(
        lambda: (given := log_in(way.platform.url, "agent@acme.test")) and _kind(given) == "EdDSA" and given, 10
    )
    with httpx.Client(base_url=way.platform.url) as client:
        for given in (before, after):
            assert client.get("/api/auth/me", headers=bearer(given["accessToken"])).status_code == 200
        renewed = client.post("/api/auth/refresh", json={"refreshToken": before["refreshToken"]})
        assert (renewed.status_code, _kind(renewed.json())) == (200, "EdDSA")
        assert httpx.get(f"{way.legacy}/api/auth/me", headers=bearer(before["accessToken"])).status_code == 200
        way.platform.command("issuer", "legacy", "--reason", "and back")
        until(lambda: _kind(log_in(way.platform.url, "agent@acme.test")) == "HS256", 10)
        again = client.post("/api/auth/refresh", json={"refreshToken": renewed.json()["refreshToken"]})
        assert (again.status_code, _kind(again.json())) == (200, "HS256")
    assert httpx.get(f"{way.legacy}/api/auth/me", headers=bearer(again.json()["accessToken"])).status_code == 200


def test_one_process_takes_over_from_five_on_the_same_data(way: Way) -> None:
    for group in GROUPS:
        moved(way.platform, group, "service")
    tokens = log_in(way.platform.url, "agent@acme.test")
    with way.platform.client(tokens["accessToken"]) as client:
        created = client.post("/api/leads", json=lead_body(AGENT)).json()
    way.platform.command("up", "--detach", "--no-seed", "--monolith", "--instead")
    assert [*way.platform.status()["services"]] == ["monolith"]
    with way.platform.client(tokens["accessToken"]) as client:
        read = client.get(f"/api/leads/{created['leadId']}")
        assert (side_of(read), read.json()["leadId"]) == (SERVICE, created["leadId"])
        assert client.post("/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]}).status_code == 200
        # And from there to the old system, as from five.
        way.platform.command("rollback", "--all", "--reason", "one again")
        read = client.get(f"/api/leads/{created['leadId']}")
        assert (side_of(read), read.json()["leadId"]) == (LEGACY, created["leadId"])
