"""`make shadow-test`: reads of a real platform compared with the stand-in of the old system, and what comparing costs a client.

Sends mixed requests (lists, filters, single records, counters, errors, by people of every role, with writes in between) while
their groups are in shadow, and prints what was found. Then the same reads with the comparison on and off in turns. Exit code 1 when
anything is unexplained.
"""

import argparse
import itertools
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ops.seed import people
from tests.legacy.load import log_in
from tests.legacy.walk import in_front_of, moved, old_system
from tests.system.platform import Platform, lead_body

GROUPS = ("leads.read", "buyers.read", "users.read", "auth.account")
_ROLES = ("admin", "manager", "agent", "viewer")
_THREADS = 4
# So long nothing more must be judged until everything is.
_QUIET_SECONDS = 15.0


def main() -> None:
    """Run both parts."""
    parser = argparse.ArgumentParser(prog="make shadow-test", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000, help="mixed ones (%(default)s)")
    parser.add_argument("--rounds", type=int, default=6, help="of the comparison off and on, in turns (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadmesh-shadow-") as name:
        folder = Path(name)
        with (
            old_system(folder) as (legacy, uri),
            in_front_of(legacy, uri, folder / "platform", LEADMESH_SHADOW_RATE="1000") as platform,
        ):
            tokens = _tokens(legacy)
            unexplained = _compare(platform, tokens, options.requests) if options.requests else 0
            _cost(platform, tokens[0], options.rounds, options.seconds)
    sys.exit(1 if unexplained else 0)


def _tokens(legacy: str) -> list[str]:
    emails = [one["email"] for one in people()["people"] if one["tenantId"]]
    return [log_in(legacy, email)["accessToken"] for email in emails]


def _reads(leads: list[dict[str, Any]], buyers: list[dict[str, Any]]) -> Iterator[str]:
    """Paths of every read that both sides have, for ever."""
    draw = random.Random(7)
    while True:
        lead, buyer = draw.choice(leads), draw.choice(buyers)
        yield from (
            "/api/leads",
            f"/api/leads?limit={draw.randint(1, 100)}&page={draw.randint(1, 9)}",
            f"/api/leads?status={draw.choice(('new', 'contacted', 'qualified', 'closed_won'))}&limit=20",
            f"/api/leads?source={draw.choice(('website', 'referral'))}&priority={draw.choice(('high', 'low'))}",
            f"/api/leads?sortBy={draw.choice(('createdAt', 'updatedAt'))}&sortOrder={draw.choice(('asc', 'desc'))}",
            f"/api/leads?assignedTo={lead['assignedTo']}&limit=5",
            f"/api/leads/{lead['leadId']}",
            f"/api/leads/{lead['leadId']}",
            "/api/leads/00000000-0000-4000-8000-000000000000",
            "/api/leads/stats",
            "/api/buyers",
            f"/api/buyers?page={draw.randint(1, 4)}&limit={draw.randint(1, 15)}",
            f"/api/buyers?buyerType={buyer['buyerType']}&page=1",
            f"/api/buyers/{buyer['id']}",
            "/api/buyers/64f0000000000000000000ff",
            "/api/users/me",
            f"/api/users?limit={draw.randint(1, 20)}",
            "/api/auth/me",
        )


def _compare(platform: Platform, tokens: list[str], requests: int) -> int:
    """Send the mixed requests, print what comparing them found, and return how many differ."""
    for group in GROUPS:
        platform.command("route", group, "--to", "shadow", "--reason", "the shadow test")
    with platform.client(tokens[0]) as client:
        leads = client.get("/api/leads?limit=100").json()["leads"]
        buyers = client.get("/api/buyers").json()
    reads, lock, answers = _reads(leads, buyers), threading.Lock(), Counter[int]()
    callers = itertools.cycle([*tokens, *tokens, *tokens, ""])
    begun = time.monotonic()

    def work() -> None:
        with platform.client() as client:
            for number in range(requests // _THREADS):
                with lock:
                    path, token = next(reads), next(callers)
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                status = client.get(path, headers=headers).status_code
                with lock:
                    answers[status] += 1
                if number % 100 == 50:
                    body = lead_body(leads[0]["assignedTo"])
                    client.post("/api/leads", json=body, headers={"Authorization": f"Bearer {tokens[0]}"})

    threads = [threading.Thread(target=work) for _ in range(_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{requests} mixed requests in {time.monotonic() - begun:.0f} s: {dict(sorted(answers.items()))}", flush=True)
    return _told(platform, requests)


def _told(platform: Platform, requests: int) -> int:
    """Wait until everything is judged, print the report of each group, and return the unexplained differences."""

    def rows() -> list[dict[str, Any]]:
        return list(json.loads(platform.command("shadow", "report", "--json")))

    def accounted() -> int:
        return sum(row["compared"] + sum(row["unjudged"].values()) + sum(row["dropped"].values()) for row in rows())

    seen, grown = 0, time.monotonic()
    while seen < requests and time.monotonic() < grown + _QUIET_SECONDS:
        time.sleep(2)
        if (now := accounted()) > seen:
            seen, grown = now, time.monotonic()
    print(platform.command("shadow", "report"))
    found = rows()
    different = sum(row["different"] for row in found)
    print(f"{sum(row['compared'] for row in found)} compared, {different} unexplained, {accounted()} accounted for")
    return different


def _cost(platform: Platform, token: str, rounds: int, seconds: float) -> None:
    """Measure one client's reads with the comparison off and on in turns, and print both."""
    times: dict[str, list[float]] = {"legacy": [], "shadow": []}
    for _, to in itertools.product(range(rounds), times):
        moved(platform, "leads.read", to)
        times[to] += _timed(platform, token, seconds)
    for to, taken in times.items():
        cuts = statistics.quantiles(taken, n=100)
        print(f"{to}: {len(taken)} reads, p50 {cuts[49]:.2f} ms, p95 {cuts[94]:.2f} ms, p99 {cuts[98]:.2f} ms")
    off, on = (statistics.quantiles(taken, n=100)[94] for taken in times.values())
    print(f"p95 with the comparison on: {on / off - 1:+.1%}")


def _timed(platform: Platform, token: str, seconds: float) -> list[float]:
    taken, deadline = [], time.monotonic() + seconds
    with platform.client(token) as client:
        client.get("/api/leads?limit=5")
        while time.monotonic() < deadline:
            begun = time.perf_counter()
            client.get("/api/leads?limit=10")
            taken.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.04)
    return taken


if __name__ == "__main__":
    main()
