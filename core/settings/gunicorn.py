"""gunicorn's configuration for every service: `gunicorn -c core/settings/gunicorn.py services.<name>.wsgi`."""

import os
from pathlib import Path

bind = os.environ.get("LEADMESH_BIND", "0.0.0.0:8000")
worker_class = "gthread"
workers = int(os.environ.get("GUNICORN_WORKERS", "1"))
threads = int(os.environ.get("GUNICORN_THREADS", "8"))
# Below the pod's termination period and above the gateway's ejection time, so that a stop loses no request.
graceful_timeout = int(os.environ.get("GUNICORN_GRACEFUL_SECONDS", "20"))
timeout = 60
keepalive = 75
backlog = 512
# A worker's heartbeat file on a disk can stall it; memory cannot (gunicorn FAQ, "blocking os.fchmod").
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
max_requests = int(os.environ.get("GUNICORN_MAX_REQUESTS", "0"))
max_requests_jitter = max_requests // 10
control_socket_disable = True
loglevel = "warning"
accesslog = None
