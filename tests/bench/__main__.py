"""`make bench`: start a platform, load leads, time each request against its raw driver floor, print the ratios.

The floor of a request is the same statement by pymongo, in this process, over the same collection and its indexes, with
no check of tenant, token or body. Rounds of request and floor take turns, so that a noisy machine disturbs both alike.
Then the same requests from eight connections: answers a second on this machine, and how many one core of the service would give.
"""

import argparse
import copy
import statistics
import uuid
from collections.abc import Callable, Iterator
from itertools import count, repeat
from typing import Any, NamedTuple

import httpx
import jwt
import psutil
from bson import ObjectId
from pymongo import WriteConcern

from tests.bench import load
from tests.bench.turns import take_turns
from tests.system.platform import Platform, lead_body, running_platform

_BATCH = 2000
_PAGE = 20
# So many leads have each last name, in a small tenant and in a large one: a search costs by what it finds.
_NAMESAKES = 100


class Case(NamedTuple):
    """A request and the statement below it, each without arguments."""

    name: str
    request: Callable[[], Any]
    floor: Callable[[], Any]


def main() -> None:
    """Read the command line, measure, print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--leads", type=int, default=100_000, help="leads of the tenant (100000)")
    parser.add_argument("--seconds", type=float, default=5.0, help="per request (5)")
    options = parser.parse_args()
    with running_platform() as platform:
        _measure_all(platform, options.leads, options.seconds)


def _measure_all(platform: Platform, leads: int, seconds: float) -> None:
    token = platform.token()
    assignee = jwt.decode(token, options={"verify_signature": False})["sub"]
    with platform.client(token) as gateway, _direct(platform, token) as direct:
        print(f"Loading {leads} leads", flush=True)
        collection = platform.database("leads")["leads"]
        _load(gateway, collection, assignee, leads)
        print("p50 in ms                 driver   service  ratio   gateway  ratio    p95 of the gateway", flush=True)
        names = zip(_cases(direct, collection, assignee), _cases(gateway, collection, assignee), strict=True)
        for inside, outside in names:
            _print_row(inside, outside, seconds)
        _throughput(platform, collection, assignee, seconds)


def _throughput(platform: Platform, collection: Any, assignee: str, seconds: float) -> None:
    """Print answers a second from several connections, past the gateway and through it."""
    instance = platform.status()["services"]["leads"]["instances"][0]
    process, token = psutil.Process(instance["pid"]), platform.token()
    print("8 connections      service/s    p50    p95   per core    gateway/s    p50    p95   (ms)", flush=True)
    for name, requests in _streams(collection, assignee).items():
        direct = load.run(instance["port"], requests, token, seconds=seconds, process=process)
        whole = load.run(platform.port, requests, token, seconds=seconds)
        row = f"{name:<18}{direct.rate:>10.0f}{direct.p50:>7.1f}{direct.p95:>7.1f}{direct.per_core:>11.0f}"
        print(f"{row}{whole.rate:>13.0f}{whole.p50:>7.1f}{whole.p95:>7.1f}", flush=True)
    print(f"memory of the web process: {load.memory_of(process)} MB", flush=True)


def _streams(collection: Any, assignee: str) -> dict[str, Callable[[int], Iterator[load.Request]]]:
    """The endless requests of a connection, by name."""
    ids = [lead["leadId"] for lead in collection.find({}, {"leadId": 1}).limit(5_000)]

    def words(number: int) -> str:
        return f"/api/leads?limit={_PAGE}&status=contacted&search={_word(number * _NAMESAKES % 50_000)}"

    return {
        "one lead": lambda number: (("GET", f"/api/leads/{ids[i % len(ids)]}", None) for i in count(number * 601)),
        "list of 20": lambda number: repeat(("GET", f"/api/leads?limit={_PAGE}", None)),
        "search and status": lambda number: (("GET", words(i), None) for i in count(number * 101)),
        "create": lambda number: (("POST", "/api/leads", lead_body(assignee)) for _ in count()),
    }


def _direct(platform: Platform, token: str) -> httpx.Client:
    """A client of the one instance of leads, past the gateway."""
    port = platform.status()["services"]["leads"]["instances"][0]["port"]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30.0)


def _load(client: httpx.Client, collection: Any, assignee: str, count: int) -> None:
    """Create one lead as a client does, then store `count - 1` like it."""
    answer = client.post("/api/leads", json=lead_body(assignee))
    assert answer.status_code == 201, answer.text
    first = collection.find_one({})
    for start in range(1, count, _BATCH):
        collection.insert_many([_like(first, number) for number in range(start, min(start + _BATCH, count))])


def _like(first: dict[str, Any], number: int) -> dict[str, Any]:
    lead = copy.deepcopy(first)
    lead |= {"_id": ObjectId(), "leadId": str(uuid.uuid4()), "status": "contacted" if number % 4 else "new"}
    lead |= {"emailKey": f"b{number}@example.com", "phoneKey": f"bench{number}"}
    lead["contactInfo"] |= {"email": lead["emailKey"], "lastName": _word(number)}
    return lead


def _word(number: int) -> str:
    return f"Bench{number // _NAMESAKES}"


def _cases(client: httpx.Client, collection: Any, assignee: str) -> list[Case]:
    some = collection.find_one({"status": "new"})
    mine = {"tenantId": some["tenantId"], "deletedAt": None}
    acknowledged = collection.with_options(write_concern=WriteConcern("majority"))

    def page(query: dict[str, Any]) -> None:
        list(collection.find({**mine, **query}).sort([("createdAt", -1), ("_id", -1)]).limit(_PAGE))
        collection.count_documents({**mine, **query}, limit=10_001)

    def get(path: str) -> Callable[[], None]:
        return lambda: _expect(client.get(path), 200)

    def create() -> None:
        _expect(client.post("/api/leads", json=lead_body(assignee)), 201)

    def insert() -> None:
        acknowledged.insert_one({**_like(some, 0), "emailKey": uuid.uuid4().hex, "phoneKey": uuid.uuid4().hex})

    words = {"status": "new", "$text": {"$search": _word(5)}}
    return [
        Case("one lead", get(f"/api/leads/{some['leadId']}"), lambda: collection.find_one({"leadId": some["leadId"]})),
        Case("list of 20", get(f"/api/leads?limit={_PAGE}"), lambda: page({})),
        Case("list by status", get(f"/api/leads?limit={_PAGE}&status=new"), lambda: page({"status": "new"})),
        Case("search and status", get(f"/api/leads?status=new&search={_word(5)}"), lambda: page(words)),
        Case("create", create, insert),
    ]


def _expect(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text


def _print_row(inside: Case, outside: Case, seconds: float) -> None:
    driver, service, gateway = take_turns([inside.floor, inside.request, outside.request], seconds)
    floor, direct, whole = (statistics.median(times) for times in (driver, service, gateway))
    p95 = statistics.quantiles(gateway, n=20)[-1]
    row = f"{inside.name:<22}{floor:>10.2f}{direct:>10.2f}{direct / floor:>7.1f}{whole:>10.2f}{whole / floor:>7.1f}"
    print(f"{row}{p95:>22.2f}", flush=True)


if __name__ == "__main__":
    main()
