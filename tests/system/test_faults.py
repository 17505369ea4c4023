"""What happens when parts of the platform go away: the rest goes on, and nothing that was acknowledged is lost."""

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from bson import ObjectId

from tests.system.platform import PASSWORD, Platform, lead_body, until

pytestmark = pytest.mark.timeout(420)
# Whose token the tests have: the demo administrator.
ASSIGNEE = "64f0000000000000000000a1"
LEADS = 2_000


@pytest.fixture
def client(services: Platform) -> httpx.Client:
    return services.client(services.token())


def kill(services: Platform, find: Callable[[dict[str, Any]], int]) -> int:
    """SIGKILL the process that `find` picks from the status; return its id."""
    pid = find(services.status())
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_stopped_service_takes_no_other_along_and_misses_nothing(services: Platform, client: httpx.Client) -> None:
    before = client.get("/api/dashboard/realtime").json()["totalLeads"]
    services.command("stop", "leads")
    for path in ("/api/auth/validate", "/api/users?limit=1", "/api/buyers", "/api/dashboard"):
        assert client.get(path).status_code == 200, path
    for method, path in (("GET", "/api/leads"), ("POST", "/api/leads"), ("GET", "/api/leads/stats")):
        started = time.monotonic()
        answer = client.request(method, path, json={} if method == "POST" else None)
        assert time.monotonic() - started < 2
        assert answer.status_code == 503
        assert set(answer.json()) == {"statusCode", "message", "error"}
    assert client.get("/health").status_code == 503
    person = {"email": f"meanwhile{time.time_ns()}@x.test", "firstName": "Mean", "lastName": "While"}
    created = client.post("/api/users", json=person).json()["data"]["user"]["id"]
    services.command("start", "leads")
    until(lambda: client.get("/api/leads").status_code == 200, 10)
    assert client.post("/api/leads", json=lead_body(ASSIGNEE)).status_code == 201
    until(lambda: client.get("/api/dashboard/realtime").json()["totalLeads"] == before + 1)
    directory = services.database("leads")["leadsdirectory"]
    until(lambda: directory.find_one({"_id": created}), 30)


def test_signing_in_does_not_need_users_and_being_signed_in_does_not_need_auth(services: Platform) -> None:
    account = {"email": f"alone{time.time_ns()}@x.test", "password": PASSWORD, "firstName": "Al", "lastName": "One"}
    with services.client() as nobody:
        assert nobody.post("/api/auth/register", json=account).status_code == 201
        services.command("stop", "users")
        try:
            credentials = {"email": account["email"], "password": PASSWORD}
            signed_in = nobody.post("/api/auth/login", json=credentials)
            assert signed_in.status_code == 200
            assert nobody.get("/api/users/me").status_code == 503
        finally:
            services.command("start", "users")
        nobody.headers["Authorization"] = f"Bearer {signed_in.json()['accessToken']}"
        for service in ("users", "leads", "buyers", "analytics"):
            copied = services.database(service)["accessentries"]
            until(lambda copied=copied: copied.find_one({"_id": "jwks"}), 40)
        # The account's event may still be on its way to users, which was down.
        until(lambda: nobody.get("/api/users/me").status_code == 200, 40)
        services.command("stop", "auth")
        try:
            assert nobody.get("/api/auth/me").status_code == 503
            assert nobody.get("/api/users/me").status_code == 200
            assert nobody.get("/api/users/me/activity").status_code == 200
            for path in ("/api/leads", "/api/buyers", "/api/dashboard"):
                # Known to the service, but without a tenant yet: not 401.
                assert nobody.get(path).status_code in (200, 403), path
        finally:
            services.command("start", "auth")


def test_a_killed_instance_costs_no_request_and_is_replaced(services: Platform, client: httpx.Client) -> None:
    services.command("scale", "leads", "3")
    until(lambda: len(_instances(client)) == 3, 20)
    failures: Counter[int] = Counter()
    done = threading.Event()
    killed = [float("inf")]

    def load() -> None:
        with services.client(client.headers["Authorization"].removeprefix("Bearer ")) as own:
            while not done.is_set():
                code = own.get("/api/leads?limit=1").status_code
                if code != 200 and time.monotonic() > killed[0] + 1:
                    failures[code] += 1

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    victim = kill(services, lambda facts: facts["services"]["leads"]["instances"][1]["pid"])
    killed[0] = time.monotonic()
    until(lambda: _all_ready(services, 3) and victim not in _pids(services), 30)
    time.sleep(1)
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    services.command("scale", "leads", "1")
    until(lambda: len(_instances(client)) == 1, 10)


def _instances(client: httpx.Client) -> set[str]:
    return {client.get("/api/leads?limit=1").headers["x-leadmesh-instance"] for _ in range(30)}


def _pids(services: Platform) -> set[int]:
    return {instance["pid"] for instance in services.status()["services"]["leads"]["instances"]}


def _all_ready(services: Platform, count: int) -> bool:
    instances = services.status()["services"]["leads"]["instances"]
    return len(instances) == count and all(instance["ready"] for instance in instances)


def test_every_acknowledged_lead_arrives_everywhere_exactly_once(services: Platform, client: httpx.Client) -> None:
    acknowledged: list[str] = []
    left, lock = iter(range(LEADS)), threading.Lock()
    token = client.headers["Authorization"].removeprefix("Bearer ")
    threads = [threading.Thread(target=_create, args=(services, token, left, lock, acknowledged)) for _ in range(6)]
    for thread in threads:
        thread.start()
    victims: list[Callable[[dict[str, Any]], int]] = [
        lambda facts: facts["services"]["leads"]["worker"]["pid"],
        lambda facts: facts["parts"]["redis"]["pid"],
        lambda facts: facts["services"]["leads"]["instances"][0]["pid"],
        lambda facts: facts["services"]["buyers"]["worker"]["pid"],
        lambda facts: facts["services"]["analytics"]["worker"]["pid"],
    ]
    for victim in victims:
        time.sleep(1.2)
        kill(services, victim)
    for thread in threads:
        thread.join()
    assert len(acknowledged) > LEADS / 4
    leads, index = services.database("leads")["leads"], services.database("buyers")["buyerleads"]
    facts = services.database("analytics")
    wanted = {"_id": {"$in": acknowledged}}
    assert leads.count_documents({"_id": {"$in": [ObjectId(key) for key in acknowledged]}}) == len(acknowledged)
    until(lambda: index.count_documents(wanted) == len(acknowledged), 90)
    until(lambda: facts["leadfacts"].count_documents(wanted) == len(acknowledged), 90)
    told = facts["happenings"].find({"entityId": {"$in": acknowledged}, "type": "lead_created"}, {"entityId": 1})
    assert Counter(happening["entityId"] for happening in told) == Counter(acknowledged)
    outbox = services.database("leads")["outboxevents"]
    # An acknowledgement that was lost again and again is asked for again after 10, 20, 40, 80 seconds.
    until(lambda: outbox.count_documents({"deliveredAt": None}) == 0, 160)


def _create(services: Platform, token: str, left: Iterator[int], lock: threading.Lock, acknowledged: list[str]) -> None:
    """Create leads until none is left, and note those that were acknowledged."""
    with services.client(token) as own:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            try:
                answer = own.post("/api/leads", json=lead_body(ASSIGNEE))
            except httpx.HTTPError:
                continue
            if answer.status_code == 201:
                acknowledged.append(answer.json()["_id"])
            else:
                time.sleep(0.05)
