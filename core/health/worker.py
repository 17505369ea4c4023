"""Health of a worker: while it consumes and has what it needs, the file LEADMESH_READY_FILE is there, for a probe or the runner.
All its checks are in its metrics, from its start on."""

import os
import threading
from pathlib import Path
from typing import Any

from celery import bootsteps
from celery.signals import worker_ready, worker_shutting_down
from prometheus_client import Gauge

from core.health import checks

_SECONDS = 5.0
_PASSED = Gauge("leadmesh_check_passed", "1 when the check of this worker passed, else 0", ["check", "service"])


class Watch:
    """A thread that runs the checks every five seconds, until the worker stops."""

    def __init__(self, ready_file: str) -> None:
        self._file = Path(ready_file) if ready_file else None
        self._consuming, self._over = threading.Event(), threading.Event()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the thread."""
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def consume(self) -> None:
        """The worker is connected: from now on it is ready when its checks pass."""
        self._consuming.set()

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
            if ready and self._consuming.is_set() and not self._over.is_set():
                self._file.touch()
            else:
                self._file.unlink(missing_ok=True)


watch = Watch(os.environ.get("LEADMESH_READY_FILE", ""))


class Watching(bootsteps.StartStopStep):
    """Celery's step that starts the watch: before the worker connects, so that one without broker tells it."""

    requires = {"celery.worker.components:Pool"}

    def start(self, worker: object) -> None:
        """Start the thread."""
        watch.start()


@worker_ready.connect
def consume(**_: Any) -> None:
    """Tell that the worker consumes."""
    watch.consume()


@worker_shutting_down.connect
def stop_watching(**_: Any) -> None:
    """Tell that the worker stops."""
    watch.stop()
