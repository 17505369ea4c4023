"""The supervisor: keeps a platform as it is wished to be. It owns every process; they die with it."""

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from subprocess import run
from typing import Any

import httpx
import psutil

from gateway import envoy as gateway
from gateway.files import write_json
from gateway.limits import HEAP
from gateway.people import key_of
from ops.config import DEVELOPMENT_SECRET, Config, python
from ops.home import ROOT
from ops.instances import Instance
from ops.parts import agent, envoy, mongodb, redis
from ops.parts.process import Part, PartFailed
from platform_services import BRIDGED, SERVICES

Tell = Callable[[str], None]

_TICK_SECONDS = 0.1
_PROBE_SECONDS = 0.5
# After something could not be started.
_PAUSE_SECONDS = 5.0
PARTS = ("mongodb", "redis", "gateway", "agent")
_READY_SECONDS = 120.0
# One path of each service that costs nothing: without a token the answer is 401.
_REACHED = {
    "auth": "/api/auth/me",
    "users": "/api/users/me",
    "leads": "/api/leads",
    "buyers": "/api/buyers",
    "analytics": "/api/dashboard",
    "monolith": "/api/leads",
}


class Supervisor:
    """A platform and its wishes. Processes are started only by the thread that runs `watch`: they would die with
    another one (PR_SET_PDEATHSIG is bound to the parent's thread)."""

    def __init__(self, config: Config, tell: Tell) -> None:
        self.config = config
        self._tell = tell
        self.parts: dict[str, Part] = {}
        self.wanted = {name: _kinds(config, name) for name in config.processes}
        self.paused: set[str] = set()
        self.instances: list[Instance] = []
        self.environment = dict(config.environment)
        self.stopping = threading.Event()
        self.troubles: dict[str, str] = {}
        self._published: Any = None
        self._remembered: Any = None
        self._probed = 0.0
        self._part_starts: dict[str, float] = {}

    def tell(self, text: str) -> None:
        """Tell a step of progress; where it is written may be full as well."""
        with suppress(OSError):
            self._tell(text)

    def carefully(self, what: str, work: Callable[[], Any]) -> bool:
        """Do `work`, named `what`; return whether it could be done. A disk that is full or cannot be written to ends nothing: it
        is told once and shown in the status until the work, which is tried again, succeeds."""
        try:
            work()
        except OSError as error:
            trouble = f"{what}: {error.strerror or error}"
            if self.troubles.get(what) != trouble:
                self.tell(f"Cannot go on with {trouble}; trying again")
            self.troubles[what] = trouble
            return False
        if self.troubles.pop(what, None):
            self.tell(f"Going on with {what}")
        return True

    # -- start -----------------------------------------------------------------------------------------------------
    def start(self) -> None:
        """Bring everything up. Raises PartFailed with one sentence when that is not possible."""
        started = time.monotonic()
        self._end_leftovers()
        self._start_part("mongodb")
        self._start_part("redis")
        self.tell(f"MongoDB and Redis are ready ({time.monotonic() - started:.1f} s)")
        self._remember()
        self._prepare()
        self._start_part("gateway")
        self._start_part("agent")
        self._start_missing()
        self._await_ready()
        self.tell(f"All services are ready ({time.monotonic() - started:.1f} s)")

    def _start_part(self, name: str) -> None:
        home, given = self.config.home, {"mongodb": "MONGODB_URI", "redis": "REDIS_URL"}.get(name)
        if given and self.config.environment.get(given):
            return
        if name == "gateway":
            settings = self._gateway_settings()
            if name not in self.parts:
                gateway.write_all(settings)
            bootstrap = settings.folder / "bootstrap.json"
            self.parts[name] = envoy.start(bootstrap, self.config.port, home.log(name))
            return
        if name == "agent":
            settings = self._gateway_settings()
            page = home.port(name) if settings.legacy else 0
            self.parts[name] = agent.start(settings, home.log(name), self.environment, page)
            return
        start = mongodb.start if name == "mongodb" else redis.start
        port = self.parts[name].port if name in self.parts else home.port(name)
        self.parts[name] = start(home.folder / name, port, home.log(name))
        self.environment[str(given)] = self.parts[name].uri

    def _gateway_settings(self) -> gateway.Settings:
        environment, config = self.config.environment, self.config
        origins = {"http://localhost:3000", "http://localhost:3001", environment.get("FRONTEND_URL", "").rstrip("/")}
        return gateway.Settings(
            port=config.port,
            folder=config.home.folder / "gateway",
            origins=tuple(sorted(origin for origin in origins if origin)),
            rate_limit=int(environment.get("LEADMESH_RATE_LIMIT") or 2_000),
            heap=int(environment.get("LEADMESH_GATEWAY_HEAP") or HEAP),
            # The services count the gateway as well.
            proxies=int(environment.get("TRUSTED_PROXIES") or 1) - 1,
            legacy=environment.get("LEADMESH_LEGACY_URL", ""),
            legacy_key=key_of(environment.get("JWT_SECRET") or DEVELOPMENT_SECRET),
            comparer=str(config.home.comparer),
            traces=environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        )

    def _prepare(self) -> None:
        """Tables, indexes and data changes, skipped while neither what declares them nor the database changed."""
        self.environment["LEADMESH_ENDPOINTS_FILE"] = str(self.config.home.endpoints)
        fingerprint = _fingerprint(self.environment)
        if self.config.home.read("prepared").get("fingerprint") == fingerprint:
            return
        self.tell("Preparing the databases")
        self.manage("prepare", "--verbosity", "0")
        self.config.home.write("prepared", {"fingerprint": fingerprint})

    def manage(self, *words: str) -> str:
        """Run a management command with all databases at hand; return what it printed. Raises PartFailed with its last words."""
        command = [python(), "services/monolith/manage.py", *words]
        outcome = run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)  # noqa: S603
        if outcome.returncode:
            raise PartFailed(f"manage.py {words[0]} failed: {outcome.stderr.strip()[-800:]}")
        return outcome.stdout

    def _await_ready(self) -> None:
        deadline, told = time.monotonic() + _READY_SECONDS, set[str]()
        while not (self.all_ready() and self._gateway_reaches_all()) and not self.stopping.is_set():
            self.tick()
            for name in self.config.processes:
                if name not in told and self._service_ready(name):
                    told.add(name)
                    self.tell(f"{name} is ready")
            failing = [instance for instance in self.instances if instance.restarts >= 3]
            if failing or time.monotonic() > deadline:
                names = ", ".join(instance.name for instance in failing) or "Some services"
                raise PartFailed(f"{names} did not become ready; see {self.config.home.folder / 'logs'}.")
            time.sleep(_TICK_SECONDS)

    def _gateway_reaches_all(self) -> bool:
        """Whether the gateway has seen by its own checks that every service lives."""
        try:
            return all(reaches(self.config.url, service) for service in SERVICES)
        except httpx.HTTPError:
            return False

    def _service_ready(self, name: str) -> bool:
        own = [instance for instance in self.instances if instance.service == name]
        return bool(own) and all(instance.ready for instance in own)

    def all_ready(self) -> bool:
        """Whether every wished instance is ready."""
        return all(self._service_ready(name) or name in self.paused for name in self.config.processes)

    # -- watch -----------------------------------------------------------------------------------------------------
    def watch(self) -> None:
        """Keep the platform as wished until `stopping` is set; then stop everything."""
        while not self.stopping.wait(_TICK_SECONDS):
            self.tick()
        self.stop()

    def tick(self) -> None:
        """Check all processes once: clean up dead ones, start missing ones, stop surplus ones, update the gateway."""
        self._revive_parts()
        for instance in list(self.instances):
            if instance.stopping:
                if instance.push_out():
                    self.instances.remove(instance)
            elif instance.process is not None and not instance.alive:
                instance.note_death()
        self._start_missing()
        self._stop_surplus()
        self._probe()
        self.carefully("noting what runs", self._remember)
        self.carefully("telling the gateway who lives", self._publish)

    def _revive_parts(self) -> None:
        for name, part in list(self.parts.items()):
            due = not part.alive and name not in self.paused and time.monotonic() >= self._part_starts.get(name, 0)
            if due and not self.carefully(f"starting {name}", partial(self._revive, name)):
                self._part_starts[name] = time.monotonic() + _PAUSE_SECONDS

    def _revive(self, name: str) -> None:
        try:
            self._start_part(name)
        except PartFailed as failure:
            # It may be the disk as well: only the part knows.
            raise OSError(str(failure)) from None

    def _start_missing(self) -> None:
        for name, kinds in self.wanted.items():
            for kind, count in kinds.items():
                self._fill(name, kind, 0 if name in self.paused else count)
        moment = time.monotonic()
        for instance in self.instances:
            if instance.process is None and not instance.stopping and moment >= instance.next_start:
                start = partial(instance.start, self.config, self.environment)
                if not self.carefully(f"starting {instance.name}", start):
                    instance.next_start = moment + _PAUSE_SECONDS

    def _fill(self, service: str, kind: str, count: int) -> None:
        taken = {instance.number for instance in self._of(service, kind)}
        staying = sum(1 for instance in self._of(service, kind) if not instance.stopping)
        for number in range(1, 1000):
            if staying >= count:
                return
            if number not in taken:
                self.instances.append(Instance(service, kind, number))
                staying += 1

    def _stop_surplus(self) -> None:
        for name, kinds in self.wanted.items():
            for kind, count in kinds.items():
                own = [instance for instance in self._of(name, kind) if not instance.stopping]
                for instance in own[0 if name in self.paused else count :]:
                    instance.stopping, instance.ready = time.monotonic(), False

    def _of(self, service: str, kind: str) -> list[Instance]:
        own = [instance for instance in self.instances if instance.service == service and instance.kind == kind]
        return sorted(own, key=lambda instance: instance.number)

    def _probe(self) -> None:
        if time.monotonic() - self._probed < _PROBE_SECONDS:
            return
        self._probed = time.monotonic()
        for instance in self.instances:
            if instance.alive and not instance.ready and not instance.stopping:
                instance.check_ready(self.config)

    def _publish(self) -> None:
        """Tell the gateway and the services who lives, when that changed."""
        living = {
            name: [i.port for i in self._of(name, "web") if i.ready and i.alive] for name in self.config.processes
        }
        if living == self._published:
            return
        folder = self.config.home.folder / "gateway"
        serving = {service: living["monolith" if self.config.monolith else service] for service in SERVICES}
        for service, ports in serving.items():
            gateway.write_endpoints(folder, service, [("127.0.0.1", port) for port in ports])
        urls = {service: [f"http://127.0.0.1:{port}" for port in ports] for service, ports in serving.items()}
        write_json(self.config.home.endpoints, urls)
        self._published = living

    # -- wishes ----------------------------------------------------------------------------------------------------
    def pause(self, name: str) -> None:
        """Stop a service or part until `resume`."""
        self.paused.add(name)
        if name in self.parts:
            self.parts[name].stop()

    def resume(self, name: str) -> None:
        """Start a stopped service or part again."""
        self.paused.discard(name)

    def restart(self, name: str) -> None:
        """Stop every instance of a service, or a part; it comes back by itself."""
        if name in self.parts:
            self.parts[name].stop()
            return
        for instance in self.instances:
            if instance.service == name and not instance.stopping:
                instance.stopping, instance.ready = time.monotonic(), False

    def scale(self, name: str, count: int) -> None:
        """Wish for `count` web instances of a service."""
        self.wanted[name]["web"] = count

    def status(self) -> dict[str, Any]:
        """Return what `leadmesh status --json` prints."""
        services = {
            name: {
                "desired": 0 if name in self.paused else kinds["web"],
                "instances": [instance.status() for instance in self._of(name, "web")],
                "worker": next((worker.status() for worker in self._of(name, "worker")), None),
                "bridge": next((bridge.status() for bridge in self._of(name, "bridge")), None),
            }
            for name, kinds in self.wanted.items()
        }
        parts = {
            name: {"pid": part.pid if part.alive else None, "uri": part.uri, "ready": part.alive}
            for name, part in self.parts.items()
        }
        ready = self.all_ready() and not self.paused and "gateway" in self.parts and self.parts["gateway"].alive
        gateway_facts = {"url": self.config.url, "ready": ready}
        return {"gateway": gateway_facts, "services": services, "parts": parts, "troubles": [*self.troubles.values()]}

    # -- stop ------------------------------------------------------------------------------------------------------
    def stop(self) -> None:
        """Stop everything: the gateway first, so that no request goes to a closing service; the databases last."""
        self.wanted = {}
        for name in ("gateway", "agent"):
            if name in self.parts:
                self.parts[name].stop(3)
        for instance in self.instances:
            instance.stopping = time.monotonic() - 1
        while self.instances:
            self.instances = [instance for instance in self.instances if not instance.push_out()]
        for name in ("redis", "mongodb"):
            if name in self.parts:
                self.parts[name].stop()
        self.carefully("noting that nothing runs", partial(self.config.home.write, "running", {}))

    def _remember(self) -> None:
        """Note every process, for a supervisor that comes after a kill, when they changed."""
        processes = [instance.process for instance in self.instances] + [part.process for part in self.parts.values()]
        pids = {process.pid for process in processes if process is not None and process.poll() is None}
        if pids != self._remembered:
            self.config.home.write("running", {str(pid): _birth(pid) for pid in pids})
            self._remembered = pids

    def _end_leftovers(self) -> None:
        """End what a supervisor that was killed left behind: the same process id, born at the same moment."""
        for pid, birth in self.config.home.read("running").items():
            if birth is not None and _birth(int(pid)) == birth:
                process = psutil.Process(int(pid))
                process.kill()
                process.wait(5)
        self.config.home.write("running", {})


def _kinds(config: Config, service: str) -> dict[str, int]:
    """Return how many processes of which kind a service is to have: a bridge where an old system writes past it."""
    bridge = bool(config.environment.get("LEADMESH_LEGACY_URL")) and service in (*BRIDGED, "monolith")
    return {"web": 1, "worker": 1} | ({"bridge": 1} if bridge else {})


def reaches(url: str, service: str) -> bool:
    """Whether the gateway at `url` has seen by its own checks that `service` lives. Raises httpx.HTTPError."""
    return httpx.get(url + _REACHED[service], timeout=2.0).status_code != 503


def _birth(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _fingerprint(environment: dict[str, str]) -> str:
    """Return a digest of what `manage.py prepare` reads and of the databases' addresses."""
    digest = hashlib.sha256()
    for name in sorted(name for name in environment if "MONGODB" in name):
        digest.update(f"{name}={environment[name]}".encode())
    declared = (
        "VERSION",
        "services/*/*/models.py",
        "services/*/changes.py",
        "core/*/models.py",
        "core/documents/**/*.py",
    )
    for path in sorted(path for pattern in declared for path in Path(ROOT).glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()
