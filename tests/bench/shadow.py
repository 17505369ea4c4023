"""`make shadow-test`: reads of a real platform compared with the stand-in of the old system, and what comparing costs a client.

Sends mixed requests (lists, filters, single records, counters, errors, by people of every role, with writes in between) while
their groups are in shadow, and prints what was found. Then the same reads with the comparison on and off. Exit code 1 when
anything is unexplained.
"""

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gateway.shadow.results import Results
from gateway.store import Store
from ops.seed import people
from tests.legacy.load import log_in
from tests.legacy.walk import in_front_of, moved, old_system
from tests.system.platform import Platform, lead_body

GROUPS = ("leads.read", "buyers.read", "users.read", "auth.account")
_ROLES = ("admin", "manager", "agent", "viewer")
# Between two looks at how many were compared; this many, and the time, are the pace.
_AT_ONCE = 100
_MOST_SECONDS, _LAST_SECONDS = 3_000.0, 8.0


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
            unexplained = _compare(platform, uri, tokens, options.requests) if options.requests else 0
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


def _compare(platform: Platform, uri: str, tokens: list[str], wanted: int) -> int:
    """Send mixed requests until `wanted` are compared, as fast as they are; print what was found; return how many differ."""
    for group in GROUPS:
        platform.command("route", group, "--to", "shadow", "--reason", "the shadow test")
    results, begun, answers = Results(Store(uri).database), time.monotonic(), Counter[int]()
    with platform.client(tokens[0]) as client:
        leads = client.get("/api/leads?limit=100").json()["leads"]
        reads = _reads(leads, client.get("/api/buyers").json())
        callers = itertools.cycle([*tokens, *tokens, *tokens, ""])
        compared = last = 0
        while compared < wanted and time.monotonic() < begun + _MOST_SECONDS:
            for _ in range(_AT_ONCE):
                token = next(callers)
                headers = {"Authorization": f"Bearer {token}"}
                answers[client.get(next(reads), headers=headers if token else {"Authorization": ""}).status_code] += 1
            client.post("/api/leads", json=lead_body(leads[0]["assignedTo"]))
            compared = _compared(results)
            if compared // 1_000 > last:
                last = compared // 1_000
                print(f"{compared} compared after {time.monotonic() - begun:.0f} s", flush=True)
    # The last ones are looked at several times, when they differ.
    time.sleep(_LAST_SECONDS)
    print(f"{answers.total()} mixed requests in {time.monotonic() - begun:.0f} s: {dict(sorted(answers.items()))}")
    print(platform.command("shadow", "report"))
    different = sum(run.get("different", 0) for run in results.runs())
    print(f"{_compared(results)} compared, {different} unexplained", flush=True)
    return different


def _compared(results: Results) -> int:
    return sum(run.get(verdict, 0) for run in results.runs() for verdict in ("same", "different"))


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
