"""pytest plugin: one real MongoDB replica set and one real Redis-protocol server for the whole run, started before
Django reads its settings; each xdist worker has databases of its own."""

import os
import shutil
import socket
import tempfile
from pathlib import Path

from platform_services import SERVICES

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _choose_addresses() -> None:
    # Runs in the controller only; workers inherit its environment.
    os.environ["TESTS_MONGODB_PORT"] = str(free_port())
    os.environ["TESTS_REDIS_PORT"] = str(free_port())
    os.environ["MONGODB_URI"] = f"mongodb://127.0.0.1:{os.environ['TESTS_MONGODB_PORT']}/?replicaSet=rs0"


if not WORKER:
    _choose_addresses()
os.environ["LEADMESH_ENV"] = "test"
os.environ.setdefault("LOG_LEVEL", "ERROR")
number = int(WORKER.removeprefix("gw") or 0) if WORKER else 0
os.environ["REDIS_URL"] = f"redis://127.0.0.1:{os.environ['TESTS_REDIS_PORT']}/{number % 15}"
for service in (*SERVICES, "gateway"):
    os.environ[f"{service.upper()}_MONGODB_NAME"] = f"test_{WORKER or 'main'}_{service}"
for name in ("MONGODB_NAME", "TEST_MODE", "JWT_SECRET", "JWT_ISSUE", "JWT_ACCEPT"):
    os.environ.pop(name, None)

_running: list[object] = []


def pytest_sessionstart(session: object) -> None:
    """Start both servers in the controller, before any worker."""
    if WORKER or session.config.option.collectonly:  # type: ignore[attr-defined]
        return
    from ops.parts import mongodb, redis

    folder = Path(tempfile.mkdtemp(prefix="leadmesh-tests-"))
    _running.append(folder)
    _running.append(mongodb.start(folder / "mongodb", int(os.environ["TESTS_MONGODB_PORT"])))
    _running.append(redis.start(folder / "redis", int(os.environ["TESTS_REDIS_PORT"])))


def pytest_sessionfinish(session: object) -> None:
    """Stop them and remove their files."""
    while _running:
        part = _running.pop()
        if isinstance(part, Path):
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.stop()  # type: ignore[attr-defined]
