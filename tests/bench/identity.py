"""`make bench-identity`: what a login and a token check cost.

Logins: right passwords against auth's one instance, past the gateway; its processor time a login, and how many a core does in a
second, beside the cost of the hash alone in this process. Token checks: one point read of nothing but the caller, with a token
that the service has never seen (cold), with one that it has (cached), and a public route as the floor, taking turns.
"""

import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psutil

from ops.config import read
from ops.tokens import token as made_token
from services.auth.passwords.hashing import hash_password, verify_password
from tests.bench.load import processor_seconds
from tests.bench.turns import take_turns
from tests.system.platform import PASSWORD, running_platform

_LOGINS = 200
_PEOPLE = 8
_SECONDS = 8.0


def main() -> None:
    """Measure and print."""
    with running_platform() as platform:
        instance = platform.status()["services"]["auth"]["instances"][0]
        with httpx.Client(base_url=f"http://127.0.0.1:{instance['port']}", timeout=30.0) as client:
            _logins(client, psutil.Process(instance["pid"]))
            _token_checks(client)


def _logins(client: httpx.Client, process: psutil.Process) -> None:
    bodies = [{"email": f"bench{number}@x.test", "password": PASSWORD} for number in range(_PEOPLE)]
    for body in bodies:
        client.post("/api/auth/register", json={**body, "firstName": "B", "lastName": "M"})
    hashed = hash_password(PASSWORD)
    (hashes,) = take_turns([lambda: verify_password(hashed, PASSWORD)], 2.0)
    before, started = processor_seconds(process), time.perf_counter()
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda number: _log_in(client, bodies[number % _PEOPLE]), range(_LOGINS)))
    wall = time.perf_counter() - started
    each = (processor_seconds(process) - before) / _LOGINS
    assert set(codes) == {200}
    cost = statistics.median(hashes) / 1000
    print(f"hash alone (argon2id, 19 MiB, t=2, p=1): {cost * 1000:.1f} ms")
    print(f"login: {each * 1000:.1f} ms of processor, {each / cost:.2f} times the hash")
    print(f"logins: {1 / each:.0f} a second and core; {_LOGINS / wall:.0f} a second seen on this machine", flush=True)


def _log_in(client: httpx.Client, body: dict[str, Any]) -> int:
    return client.post("/api/auth/login", json=body).status_code


def _token_checks(client: httpx.Client) -> None:
    tokens = _fresh_tokens()
    known = next(tokens)

    def check(token: str) -> None:
        answer = client.get("/api/auth/validate", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text

    calls = [lambda: client.get("/api/auth/test-mode/status"), lambda: check(known), lambda: check(next(tokens))]
    floor, cached, cold = (statistics.median(times) for times in take_turns(calls, _SECONDS))
    print(f"public route {floor:.2f} ms; with a known token {cached:.2f} ms; with a new one {cold:.2f} ms (p50)")
    print(
        f"the check: {(cached - floor) * 1000:.0f} µs cached, {(cold - floor) * 1000:.0f} µs cold, with the answer's body"
    )


def _fresh_tokens() -> Iterator[str]:
    config = read()
    while True:
        yield made_token(config, "admin", None)


if __name__ == "__main__":
    main()
