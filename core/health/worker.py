"""Health of a worker: while it consumes and has what it needs, the file LEADMESH_READY_FILE is there, for a probe or the runner.
All its checks are in its metrics."""

import os
import threading
from pathlib import Path
from typing import Any

from celery.signals import worker_ready, worker_shutting_down
from prometheus_client import Gauge

from core.health import checks

_SECONDS = 5.0
_PASSED = Gauge("leadmesh_check_passed", "1 when the check of this worker passed, else 0", ["check", "service"])


class Watch:
    """A thread that runs the checks every five seconds, until the worker stops."""

    def __init__(self, ready_file: str) -> None:
        self._file = Path(ready_file) if ready_file else None
        self._over = threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def stop(self) -> None:
        """A draining worker is not ready, whatever its checks say."""
        self._over.set()
        self._tell(False)

    def look(self) -> None:
        """Run the checks once and publish their results."""
        needed = checks.results([*checks.databases(), checks.Broker()])
        self._tell(not any(result.error for result in needed))
        for result in [*needed, *checks.results(checks.others())]:
            labels = result.check.labels
            _PASSED.labels(labels["check"], labels.get("service", "")).set(not result.error)

    def _run(self) -> None:
        while not self._over.is_set():
            self.look()
            self._over.wait(_SECONDS)

    def _tell(self, ready: bool) -> None:
        if self._file is None:
            return
        with self._lock:
            if ready and not self._over.is_set():
                self._file.touch()
            else:
                self._file.unlink(missing_ok=True)


_watch = Watch(os.environ.get("LEADMESH_READY_FILE", ""))


@worker_ready.connect
def watch(**_: Any) -> None:
    """Watch from the moment in which the worker consumes."""
    _watch.start()


@worker_shutting_down.connect
def stop_watching(**_: Any) -> None:
    """Tell that the worker stops."""
    _watch.stop()
