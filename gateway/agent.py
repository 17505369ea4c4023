"""`python -m gateway.agent`: keeps one Envoy's routes as the groups' states want them, tells when they are served, and compares
the two systems' answers (gateway/shadow).

It may die, and MongoDB may be away: Envoy goes on with the last states.
"""

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import httpx
from pymongo.errors import PyMongoError

from gateway import admin, environment, people
from gateway.dns import ADMIN
from gateway.envoy import KEYS, ROUTES, STATES, Settings, compares, write_routes
from gateway.files import read_json
from gateway.guard.incidents import Incidents
from gateway.guard.log import serve
from gateway.guard.old import OldSystem, through
from gateway.guard.telling import tell
from gateway.guard.watch import Guard
from gateway.shadow import page, writes
from gateway.shadow.comparing import Budget, Comparing
from gateway.shadow.exchange import Exchange, Judgement
from gateway.shadow.rendering import ask_socket
from gateway.states import State, States, loaded, parsed
from gateway.store import Store
from gateway.table import groups, load

log = logging.getLogger("gateway.agent")

# How long Envoy may take to serve a file that it was given, and how often it is asked.
_SERVE_SECONDS, _ASK_SECONDS = 5.0, 0.02
_BEAT_SECONDS = 1.0
# For the last counters of the comparison.
_LAST_SECONDS = 2.0
# Files for a container's probes: the agent lives (it is touched every few seconds); Envoy served the states once.
BEAT, SERVED = "agent.beat", "agent.served"
# The version of states that nobody stored.
_NONE = -1


@dataclass
class Agent:
    """One gateway's agent. admin: where Envoy's admin interface is (gateway.admin)."""

    name: str
    settings: Settings
    store: Store
    admin: Path
    stopping: threading.Event
    comparing: Comparing | None = None
    served: int = _NONE
    trouble: str | None = None

    def run(self) -> None:
        """Follow the states until `stopping` is set."""
        self._compare(loaded(read_json(self.settings.folder / STATES))[1])
        while not self.stopping.is_set():
            try:
                self._beat()
                self._follow()
            except PyMongoError as error:
                log.warning("the states cannot be read, the last ones stay in force: %s", type(error).__name__)
            except Exception:
                # A pod gets no requests while its agent does not run.
                log.exception("the states cannot be followed, the last ones stay in force")
            self.stopping.wait(_BEAT_SECONDS)
        if self.comparing:
            self.comparing.ended.wait(_LAST_SECONDS)
        with suppress(PyMongoError):
            self.store.forget(self.name)

    def _follow(self) -> None:
        self.store.prepare()
        with self.store.changes.watch(max_await_time_ms=int(_BEAT_SECONDS * 1000)) as changes:
            while not self.stopping.is_set():
                self.apply(*self.store.current())
                self.store.seen(self.name, self.served, legacy=bool(self.settings.legacy), trouble=self.trouble)
                self._beat()
                # Waits for a change, for one beat at most.
                changes.try_next()

    def _beat(self) -> None:
        (self.settings.folder / BEAT).touch()
        if self.served != _NONE:
            (self.settings.folder / SERVED).touch()

    def apply(self, version: int, states: States) -> None:
        """Have Envoy serve `states` and note it; when it does not, say so and try again with the next beat."""
        if version == self.served and self.trouble is None:
            return
        try:
            write_routes(replace(self.settings, version=version, states=states))
            self._await(version)
        except (OSError, httpx.HTTPError, TimeoutError) as error:
            trouble = f"{type(error).__name__}: {error}"[:200]
            if trouble != self.trouble:
                log.error("states of version %s are not served: %s", version, trouble)
            self.trouble = trouble
            return
        self._compare(states)
        self.served, self.trouble = version, None
        log.info("serving version %s", version)

    def _compare(self, states: States) -> None:
        if self.comparing:
            self.comparing.follow(states)

    def _await(self, version: int) -> None:
        """Return once Envoy itself says that it serves `version`. Raises TimeoutError, httpx.HTTPError, OSError."""
        deadline = time.monotonic() + _SERVE_SECONDS
        with admin.client(self.admin) as client:
            while time.monotonic() < deadline and not self.stopping.is_set():
                if _version(client) == str(version):
                    return
                time.sleep(_ASK_SECONDS)
        raise TimeoutError("Envoy did not take the routes; its log says why")


def _version(client: httpx.Client) -> str:
    asked = {"resource": "dynamic_route_configs", "mask": "version_info"}
    dump = client.get("/config_dump", params=asked).json()
    return next((str(one.get("version_info", "")) for one in dump.get("configs", [])), "")


def prepare(settings: Settings, store: Store, unknown: str, stopping: threading.Event) -> None:
    """Write what Envoy reads at its start: keys, and the routes unless there are some from before.

    unknown: what happens while the states cannot be read: `wait` for them, or start with all groups at `legacy` or `service`."""
    people.write_keys(settings.folder / KEYS, settings.legacy_key)
    while not (settings.folder / ROUTES).exists() and not stopping.is_set():
        try:
            version, states = store.current()
        except PyMongoError as error:
            log.warning("the states cannot be read, unknown ones: %s: %s", unknown, type(error).__name__)
            if unknown == "wait":
                stopping.wait(_BEAT_SECONDS)
                continue
            version, states = _NONE, _everything(parsed(unknown))
        write_routes(replace(settings, version=version, states=states))


def _everything(state: State) -> dict[str, State]:
    return dict.fromkeys(groups(load()), state)


def main() -> None:
    """Run the agent that the options and the environment describe."""
    parser = argparse.ArgumentParser(prog="python -m gateway.agent", description=__doc__)
    parser.add_argument("--settings", type=Path, help="a file of settings (ops writes it); default: the environment")
    parser.add_argument(
        "--admin", type=Path, help="the file with the address of Envoy's admin interface; default: its socket"
    )
    parser.add_argument(
        "--folder", type=Path, default=environment.FOLDER, help="what it shares with Envoy (%(default)s)"
    )
    parser.add_argument("--name", default=socket.gethostname())
    parser.add_argument("--once", action="store_true", help="only write what Envoy needs to start")
    parser.add_argument("--page-port", type=int, default=0, help="of the comparison's page and metrics; 0: none")
    parser.add_argument(
        "--page-host", default="127.0.0.1", help="where they listen (%(default)s); the page only for here"
    )
    words = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        store = Store.of(environment.database())
        settings = _stored(words.settings) if words.settings else environment.settings(words.folder)
        if not words.settings:
            prepare(settings, store, environment.value("LEADMESH_UNKNOWN_STATES", "wait"), stopping)
    except ValueError as refusal:
        sys.exit(str(refusal))
    if words.once:
        return
    agent = Agent(words.name, settings, store, words.admin or settings.folder / ADMIN, stopping)
    if compares(settings):
        guard = _guarding(agent)
        agent.comparing = _comparing(agent, guard, words.page_host, words.page_port)
    agent.run()


def _stored(file: Path) -> Settings:
    stored = json.loads(file.read_text(encoding="utf-8"))
    return Settings(**{**stored, "folder": Path(stored["folder"]), "origins": tuple(stored["origins"])})


def _guarding(agent: Agent) -> Guard:
    """Start judging the groups of this gateway, in threads of its own."""
    incidents, sockets = Incidents(agent.store), agent.settings.comparer
    guard = Guard(agent.name, incidents, OldSystem(through(ask_socket(sockets))), agent.store.latest)
    told = partial(tell, incidents, environment.value("LEADMESH_INCIDENT_WEBHOOK"))
    for work in (partial(serve, sockets, guard), guard.run, told):
        threading.Thread(target=work, args=(agent.stopping,), name="guard", daemon=True).start()
    return guard


def _comparing(agent: Agent, guard: Guard, host: str, port: int) -> Comparing:
    """Start the comparison in a thread of its own, with its page when there is a `port` for it."""
    budget = Budget.from_environment(os.environ)
    comparing = Comparing(agent.name, agent.settings, agent.store, _judge_of_writes(agent), budget, guard.judged)
    threading.Thread(target=comparing.run, args=(agent.stopping,), name="comparing", daemon=True).start()
    if port:
        guard.metrics.show_in(comparing.metrics.registry)
        page.serve(port, agent.store, comparing.metrics.registry, host)
    return comparing


def _judge_of_writes(agent: Agent) -> Callable[[Exchange], Judgement]:
    """Return the judge of writes; without the secret of dry runs, or the name of the shared database, one that judges none."""
    file = os.environ.get("DRY_RUN_SECRET_FILE")
    secret = Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get("DRY_RUN_SECRET", "")
    name = os.environ.get("MONGODB_NAME")
    if not secret or not name:
        return lambda _: Judgement("unjudged", reason="no dry run")
    services, sockets = groups(agent.settings.routes), ask_socket(agent.settings.comparer)
    return writes.judge_of(agent.store.database.client[name], secret, sockets, services, agent.stopping)


if __name__ == "__main__":
    main()
