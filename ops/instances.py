"""One running copy of a service's web, worker or bridge process."""

import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ops.config import Config, python
from ops.home import ROOT, free_port
from ops.parts.process import spawn

# The gateway has noticed within this time that an instance is gone from its file.
DRAIN_SECONDS = 0.6
# gunicorn's graceful time-out is 20 s; a process that still runs then is stuck.
STOP_SECONDS = 25.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0


@dataclass
class Instance:
    """A copy of a process: what it is, and what became of it."""

    service: str
    kind: str
    number: int
    port: int = 0
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    restarts: int = 0
    started: float = 0.0
    next_start: float = 0.0
    stopping: float = 0.0
    pause: float = field(default=_FIRST_PAUSE, repr=False)

    @property
    def name(self) -> str:
        """The name in headers, logs and status: leads-1, leads-worker-1."""
        middle = "" if self.kind == "web" else f"-{self.kind}"
        return f"{self.service}{middle}-{self.number}"

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self, config: Config, environment: dict[str, str]) -> None:
        """Start the process."""
        ready_file = self._ready_file(config)
        ready_file.unlink(missing_ok=True)
        own = {"LEADMESH_INSTANCE": self.name, "DJANGO_SETTINGS_MODULE": f"services.{self.service}.settings"}
        if self.kind == "web":
            self.port = free_port()
            own["LEADMESH_BIND"] = f"127.0.0.1:{self.port}"
            command = ["-m", "gunicorn", "-c", "core/settings/gunicorn.py", f"services.{self.service}.wsgi:application"]
        elif self.kind == "bridge":
            own["LEADMESH_READY_FILE"] = str(ready_file)
            command = [f"services/{self.service}/manage.py", "bridge"]
        else:
            own["LEADMESH_READY_FILE"] = str(ready_file)
            command = ["-m", "celery", "--quiet", "-A", f"services.{self.service}.celery", "worker", "--without-gossip"]
            command += ["--without-mingle", "--hostname", f"{self.name}@leadmesh"]
        log = config.home.log(self.name)
        self.process = spawn([python(), *command], log, {**environment, **own}, cwd=ROOT)
        self.ready, self.stopping, self.started = False, 0.0, time.monotonic()

    def check_ready(self, config: Config) -> bool:
        """Ask the instance whether it can work, and remember the answer."""
        if self.kind != "web":
            self.ready = self._ready_file(config).exists()
            return self.ready
        try:
            self.ready = httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=2.0).status_code == 200
        except httpx.HTTPError:
            self.ready = False
        return self.ready

    def note_death(self) -> None:
        """Plan the next start: at once after a long life, later and later after short ones."""
        lived = time.monotonic() - self.started
        self.pause = _FIRST_PAUSE if lived > _LONGEST_PAUSE else min(self.pause * 2, _LONGEST_PAUSE)
        self.process, self.ready = None, False
        self.restarts += 1
        self.next_start = time.monotonic() + self.pause

    def push_out(self) -> bool:
        """Carry on stopping, step by step without waiting; return True once the process is gone.

        First the gateway stops sending requests here, then SIGTERM, then SIGKILL."""
        if not self.alive or self.process is None:
            return True
        waited = time.monotonic() - self.stopping
        if waited > DRAIN_SECONDS + STOP_SECONDS:
            self.process.kill()
        elif waited > DRAIN_SECONDS or self.kind != "web":
            self.process.send_signal(signal.SIGTERM)
            # A second SIGTERM would make Celery cut its tasks short.
            self.stopping = min(self.stopping, time.monotonic() - DRAIN_SECONDS)
            self._await(0.2)
        return not self.alive

    def status(self) -> dict[str, Any]:
        """Return what `leadmesh status --json` shows."""
        uptime = round(time.monotonic() - self.started, 1) if self.alive else 0
        pid = self.process.pid if self.process is not None and self.alive else None
        return {
            "name": self.name,
            "pid": pid,
            "port": self.port or None,
            "ready": self.ready,
            "uptime": uptime,
            "restarts": self.restarts,
        }

    def _await(self, seconds: float) -> None:
        try:
            if self.process is not None:
                self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass

    def _ready_file(self, config: Config) -> Path:
        return config.home.folder / f"{self.name}.ready"
