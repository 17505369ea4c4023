"""`python -m helm.measure`: what requests cost each service of the running platform (`make run`), for helm/scale.toml.

Processor time is measured, not waiting: it is the same on a busy machine. One client asks the instances directly, one request at
a time; a pod with half a processor carries what fits into `USED` of it, so that 95 of 100 answers come while it is no fuller.
"""

import json
import os
import subprocess
from typing import Any

import httpx

# Above this share, waiting for a thread begins to show in the 95th percentile.
USED = 0.6
_CPU = 0.5
_ROUNDS = 60
_TICKS = os.sysconf("SC_CLK_TCK")
# What front ends ask most, in the proportion of one round. None: the login.
_MIX: dict[str, list[str | None]] = {
    "auth": [None, "/api/auth/me", "/api/auth/me", "/api/auth/me", "/api/auth/me"],
    "users": ["/api/users/me", "/api/users/me", "/api/users?limit=20"],
    "leads": ["/api/leads?limit=20", "/api/leads?limit=20&status=new", "/api/leads?limit=20"],
    "buyers": ["/api/buyers?limit=20", "/api/buyers/matches?limit=20"],
    "analytics": ["/api/dashboard"],
}
_LOGIN = {"email": "viewer@acme.test", "password": "leadmesh-demo-Passw0rd!"}


def main() -> None:
    """Measure and print a table."""
    services = json.loads(_leadmesh("status", "--json"))["services"]
    token = _leadmesh("token", "--role", "admin").strip()
    print(f"{'service':10} {'ms of processor per request':>28} {'requests/s of half a processor':>32}")  # noqa: T201
    for service, paths in _MIX.items():
        cost = _cost(services[service]["instances"][0], paths, token)
        print(f"{service:10} {cost * 1000:28.1f} {USED * _CPU / cost:32.0f}")  # noqa: T201


def _leadmesh(*words: str) -> str:
    return subprocess.run(["./leadmesh", *words], check=True, capture_output=True, text=True).stdout  # noqa: S603


def _cost(instance: dict[str, Any], paths: list[str | None], token: str) -> float:
    """Return the seconds of processor time that a request costs on average."""
    headers = {"Authorization": f"Bearer {token}"}
    process = _worker_of(instance["pid"])
    with httpx.Client(base_url=f"http://127.0.0.1:{instance['port']}", headers=headers, timeout=30.0) as client:
        for path in paths:
            _ask(client, path)
        before = _used(process)
        for _ in range(_ROUNDS):
            for path in paths:
                _ask(client, path)
    return (_used(process) - before) / (_ROUNDS * len(paths))


def _ask(client: httpx.Client, path: str | None) -> None:
    answer = client.get(path) if path else client.post("/api/auth/login", json=_LOGIN)
    answer.raise_for_status()


def _worker_of(master: int) -> int:
    """Return gunicorn's one worker: the process that answers."""
    with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as file:  # noqa: PTH123 - /proc
        return int(file.read().split()[0])


def _used(process: int) -> float:
    with open(f"/proc/{process}/stat", encoding="ascii") as file:  # noqa: PTH123 - /proc
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
