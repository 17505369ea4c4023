"""A platform in the foreground or in the background, and the commands that it takes."""

import os
import signal
import subprocess
import time
from functools import partial
from typing import Any

from gateway.terminal import console
from ops import show
from ops.config import Config, python
from ops.control import NotRunning, Request, ask, serve
from ops.home import ROOT, is_free
from ops.parts.process import PartFailed
from ops.seed import seed
from ops.supervisor import PARTS, Supervisor

_DETACHED_SECONDS = 180.0
_MOST_INSTANCES = 50


def check(config: Config) -> None:
    """Raise PartFailed when this platform cannot start here and now."""
    try:
        ask(config.home.socket, {"do": "status"})
    except NotRunning:
        pass
    else:
        raise PartFailed(f"A platform runs already with its state in {config.home.folder}: `leadmesh status`.")
    if not is_free(config.port):
        raise PartFailed(f"Port {config.port} is in use: choose another one, for example LEADMESH_PORT=8010.")


def foreground(config: Config) -> None:
    """Run a platform until Ctrl-C or SIGTERM. Raises PartFailed when it cannot start."""
    lock = config.home.lock()
    if lock is None:
        raise PartFailed(f"A platform is starting already with its state in {config.home.folder}.")
    supervisor = Supervisor(config, show.tell)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.stopping.set())
    server = serve(config.home.socket, lambda request: handle(supervisor, request))
    try:
        supervisor.start()
        if config.seed and config.in_development and not supervisor.stopping.is_set():
            seed_while_watching(supervisor)
        if not supervisor.stopping.is_set():
            supervisor.carefully("noting that all is ready", partial(config.home.write, "state", {"ready": True}))
            supervisor.carefully("the summary", partial(_greet, config))
        supervisor.watch()
    except BaseException:
        supervisor.stop()
        raise
    finally:
        supervisor.carefully("noting the end", partial(config.home.write, "state", {}))
        server.shutdown()
        supervisor.carefully("removing the socket", partial(config.home.socket.unlink, missing_ok=True))
        lock.close()
    supervisor.tell("Stopped.")


def _greet(config: Config) -> None:
    show.summary(config)
    console.print("Press Ctrl-C to stop.")


def seed_while_watching(supervisor: Supervisor) -> None:
    """Load the demo data in a thread, so that this one goes on keeping the platform alive."""
    import threading

    faults: list[Exception] = []

    def work() -> None:
        try:
            supervisor.carefully("the demo data", lambda: seed(supervisor.config, supervisor.manage, supervisor.tell))
        except Exception as fault:  # noqa: BLE001 - raised again in the main thread
            faults.append(fault)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive() and not supervisor.stopping.wait(0.1):
        supervisor.tick()
    if faults:
        raise faults[0]


def detached(config: Config, words: list[str]) -> None:
    """Start a platform in the background and return when it is ready. Raises PartFailed when it does not start."""
    log = config.home.log("supervisor")
    config.home.write("state", {})
    start = log.stat().st_size if log.exists() else 0
    with log.open("ab") as output:
        command = [python(), "-m", "ops", "up", *words]
        child = subprocess.Popen(  # noqa: S603 - this command
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    deadline = time.monotonic() + _DETACHED_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        if config.home.read("state").get("ready"):
            return
        time.sleep(0.2)
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    said = log.read_bytes()[start:].decode(errors="replace").strip().splitlines()
    raise PartFailed(said[-1] if said else f"The platform did not start; see {log}.")


def down(config: Config) -> bool:
    """Stop the platform of this home and wait until it is gone; return whether there was one."""
    try:
        pid = int(ask(config.home.socket, {"do": "pid"}))
        ask(config.home.socket, {"do": "down"})
    except NotRunning:
        return False
    while _lives(pid):
        time.sleep(0.1)
    return True


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123 - /proc
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def handle(supervisor: Supervisor, request: Request) -> Any:
    """Carry out a request of another command. Raises ValueError with a sentence for one that makes no sense."""
    what, name = request["do"], request.get("name", "")
    if what == "status":
        return supervisor.status()
    if what == "pid":
        return os.getpid()
    if what == "down":
        return supervisor.stopping.set()
    if what not in ("start", "stop", "restart", "scale"):
        raise ValueError(f"Unknown command {what!r}.")
    _check_name(supervisor, name, scalable=what == "scale")
    if what == "scale":
        return supervisor.scale(name, _count(request))
    return {"start": supervisor.resume, "stop": supervisor.pause, "restart": supervisor.restart}[what](name)


def _check_name(supervisor: Supervisor, name: str, *, scalable: bool) -> None:
    known = [*supervisor.wanted, *(() if scalable else PARTS)]
    if name not in known:
        raise ValueError(f"Unknown service {name!r}: choose one of {', '.join(known)}.")
    if name in PARTS and name not in supervisor.parts:
        raise ValueError(f"{name} is not run by this platform: its address was given.")


def _count(request: Request) -> int:
    count = int(request["count"])
    if not 1 <= count <= _MOST_INSTANCES:
        raise ValueError(f"Choose 1 to {_MOST_INSTANCES} instances; `leadmesh stop` stops a service.")
    return count
