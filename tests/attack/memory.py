"""How much memory the platform's processes take, against the limits of their containers."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from helm.scale import load, values
from ops.control import ask
from ops.home import Home
from tests.system.platform import ROOT, Platform

_EVERY_SECONDS = 0.1
# In a container the kernel ends whoever passes the limit. Here a process may show how far it would go, as far as the machine
# can bear it.
_ENDED_AT = 2048
_PAGE = os.sysconf("SC_PAGE_SIZE")


def limits() -> dict[str, int]:
    """Return the megabytes that each process may take, in Compose or in a pod, whichever is less: `gateway`, `<service>` and
    `<service>-worker`."""
    compose = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
    gateway = yaml.safe_load((ROOT / "helm/gateway/values.yaml").read_text())
    container = _megabytes(compose["x-process"])
    found = {"gateway": min(_megabytes(compose["services"]["gateway"]), _megabytes(gateway))}
    for service, carried in load().items():
        pod = values(carried)
        found |= {
            service: min(container, _megabytes(pod["web"])),
            f"{service}-worker": min(container, _megabytes(pod["worker"])),
        }
    return found


def _megabytes(described: dict[str, Any]) -> int:
    """Return the limit of a container in Compose, or in a chart's values."""
    limit = described.get("deploy", described)["resources"]["limits"]["memory"]
    return int(limit.rstrip("Mi"))


def facts(platform: Platform) -> dict[str, Any]:
    """Return what `leadmesh status` tells, without a process for each look."""
    return dict(ask(Home(platform.folder).socket, {"do": "status"}))


class Memory:
    """A thread that looks at every process ten times a second, with all its children, and remembers the most."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._limits = limits()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._lock = threading.Lock()
        self._pids: dict[str, int] = {}
        self._peaks: dict[str, int] = {}
        self._deaths: list[str] = []

    def __enter__(self) -> "Memory":
        self._pids = _pids_of(facts(self._platform))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def drain(self) -> tuple[dict[str, int], list[str]]:
        """Return the peaks in megabytes since the last call, and a sentence for each broken limit and each process that ended."""
        now = _pids_of(facts(self._platform))
        with self._lock:
            peaks, self._peaks = self._peaks, {}
            broken, self._deaths = self._deaths, []
            broken += [
                f"{name} ended and was started again" for name in now if self._pids.get(name) not in (None, now[name])
            ]
            self._pids |= now
        over = [name for name, peak in peaks.items() if peak > self._limits[name]]
        return peaks, [f"{name} took {peaks[name]} MB, its limit is {self._limits[name]}" for name in over] + broken

    def _watch(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            with self._lock:
                pids = dict(self._pids)
            for name, pid in pids.items():
                taken = self._taken(name, pid)
                with self._lock:
                    self._peaks[name] = max(taken, self._peaks.get(name, 0))
                if taken > _ENDED_AT:
                    self._end(name, pid)

    def _taken(self, name: str, pid: int) -> int:
        family = list(_family(pid))
        taken = sum(_resident(member) for member in family)
        # What they share counts once: that takes longer to find out.
        return taken if taken <= self._limits[name] else sum(map(_own_share, family))

    def _end(self, name: str, pid: int) -> None:
        largest = max(_family(pid), key=_resident)
        with suppress(ProcessLookupError):
            os.kill(largest, signal.SIGKILL)
        with self._lock:
            self._deaths.append(f"{name} was ended at {_ENDED_AT} MB, for this machine's sake")


def _pids_of(status: dict[str, Any]) -> dict[str, int]:
    found = {"gateway": status["parts"]["gateway"]["pid"]}
    for name, service in status["services"].items():
        # One instance of each.
        found[name] = next((instance["pid"] for instance in service["instances"]), None)
        found[f"{name}-worker"] = service["worker"] and service["worker"]["pid"]
    return {name: pid for name, pid in found.items() if pid}


def _family(pid: int) -> Iterator[int]:
    yield pid
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _resident(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE // 2**20
    return 0


def _own_share(pid: int) -> int:
    with suppress(OSError, ValueError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024
    return 0
