"""gunicorn's configuration for every service: `gunicorn -c core/settings/gunicorn.py services.<name>.wsgi`.

With LEADMESH_DRAINING_FILE set, TERM creates the file and stops the server LEADMESH_DRAIN_SECONDS later: it is not ready any more
but still serves, so that the gateway, which checks every second, moves to other instances before a connection closes. Its answers
close their connections, so that kept-alive clients leave as well. A second TERM, or one that finds the file (its creator has
waited), stops at once.
"""

import math
import os
import signal
from pathlib import Path
from types import FrameType
from typing import Any

from core.settings.worker import MOST_BYTES

bind = os.environ.get("LEADMESH_BIND", "0.0.0.0:8000")
worker_class = "core.settings.worker.Worker"
workers = int(os.environ.get("GUNICORN_WORKERS", "1"))
threads = int(os.environ.get("GUNICORN_THREADS", "8"))
# Below the pod's termination period and above the gateway's ejection time, so that a stop loses no request.
graceful_timeout = int(os.environ.get("GUNICORN_GRACEFUL_SECONDS", "20"))
timeout = 60
keepalive = 75
backlog = 512
# The gateway refuses more than 16 KiB of them, as the old server did, and answers in the contract's words.
limit_request_line = 0
limit_request_field_size = 16_384
# A worker's heartbeat file on a disk can stall it; memory cannot (gunicorn FAQ, "blocking os.fchmod").
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
max_requests = int(os.environ.get("GUNICORN_MAX_REQUESTS", "0"))
max_requests_jitter = max_requests // 10
control_socket_disable = True
loglevel = "warning"
accesslog = None

_draining = os.environ.get("LEADMESH_DRAINING_FILE", "")
_drain_seconds = int(os.environ.get("LEADMESH_DRAIN_SECONDS", "3"))


def on_starting(server: object) -> None:
    """Forget the stop of the process before: the file's folder can outlive it."""
    if _draining:
        Path(_draining).unlink(missing_ok=True)


def when_ready(server: Any) -> None:
    """Take TERM over from gunicorn, which has just set its handlers."""
    if not _draining:
        return

    def drain(number: int, frame: FrameType | None) -> None:
        if Path(_draining).exists() or not _drain_seconds:
            server.signal(number, frame)
        else:
            Path(_draining).touch()
            signal.alarm(_drain_seconds)

    signal.signal(signal.SIGALRM, lambda _, frame: server.signal(signal.SIGTERM, frame))
    signal.signal(signal.SIGTERM, drain)


def pre_request(worker: Any, request: Any) -> None:
    """Keep no connection from now on when the process is draining, and none whose body may be too large to be read."""
    if _draining and worker.cfg.keepalive and Path(_draining).exists():
        worker.cfg.set("keepalive", 0)
    if _most_bytes(request) > MOST_BYTES:
        request.force_close()


def _most_bytes(request: Any) -> float:
    """Return how long the body can be: what its Content-Length says, or without end when it comes in chunks."""
    headers = dict(request.headers)
    return math.inf if "TRANSFER-ENCODING" in headers else int(headers.get("CONTENT-LENGTH") or 0)
