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
from pathlib import Path

import httpx
from pymongo.errors import PyMongoError

from gateway.envoy import Settings, compares, write_routes
from gateway.files import read_json
from gateway.shadow import page, rendering, writes
from gateway.shadow.comparing import Budget, Comparing
from gateway.shadow.exchange import Exchange, Judgement
from gateway.states import States, loaded
from gateway.store import Store
from gateway.table import groups

log = logging.getLogger("gateway.agent")

# How long Envoy may take to serve a file that it was given, and how often it is asked.
_SERVE_SECONDS, _ASK_SECONDS = 5.0, 0.02
_BEAT_SECONDS = 1.0
# For the last counters of the comparison.
_LAST_SECONDS = 2.0


@dataclass
class Agent:
    """One gateway's agent. admin: the file in which Envoy wrote where its admin interface listens."""

    name: str
    settings: Settings
    store: Store
    admin: Path
    stopping: threading.Event
    comparing: Comparing | None = None
    served: int = -1
    trouble: str | None = None

    def run(self) -> None:
        """Follow the states until `stopping` is set."""
        self.served, states = loaded(read_json(self.settings.folder / "states.json"))
        self._compare(states)
        while not self.stopping.is_set():
            try:
                self._follow()
            except PyMongoError as error:
                log.warning("the states cannot be read, the last ones stay in force: %s", type(error).__name__)
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
                # Waits for a change, for one beat at most.
                changes.try_next()

    def apply(self, version: int, states: States) -> None:
        """Have Envoy serve `states` and note it; when it does not, say so and try again with the next beat."""
        if version == self.served and self.trouble is None:
            return
        try:
            write_routes(replace(self.settings, version=version, states=states))
            self._await(version)
        except (OSError, httpx.HTTPError, TimeoutError) as error:
            self.trouble = f"{type(error).__name__}: {error}"[:200]
            log.error("states of version %s are not served: %s", version, self.trouble)
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
        while time.monotonic() < deadline and not self.stopping.is_set():
            if self._version() == str(version):
                return
            time.sleep(_ASK_SECONDS)
        raise TimeoutError("Envoy did not take the routes; its log says why")

    def _version(self) -> str:
        url = f"http://{self.admin.read_text(encoding='utf-8').strip()}/config_dump"
        dump = httpx.get(url, params={"resource": "dynamic_route_configs", "mask": "version_info"}, timeout=2.0).json()
        return next((str(one.get("version_info", "")) for one in dump.get("configs", [])), "")


def main() -> None:
    """Run the agent that the options and the environment describe."""
    parser = argparse.ArgumentParser(prog="python -m gateway.agent", description=__doc__)
    parser.add_argument("--settings", type=Path, required=True, help="a file of the gateway's settings (ops writes it)")
    parser.add_argument(
        "--admin", type=Path, required=True, help="the file with the address of Envoy's admin interface"
    )
    parser.add_argument("--name", default=socket.gethostname())
    parser.add_argument(
        "--page-port", type=int, default=0, help="of the comparison's page and metrics on the loopback; 0: none"
    )
    words = parser.parse_args()
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    uri = os.environ.get("MONGODB_URI")
    if not uri:
        sys.exit("MONGODB_URI must name the database of the states.")
    stored = json.loads(words.settings.read_text(encoding="utf-8"))
    settings = Settings(**{**stored, "folder": Path(stored["folder"]), "origins": tuple(stored["origins"])})
    agent = Agent(
        words.name, settings, Store(uri, os.environ.get("GATEWAY_MONGODB_NAME") or "gateway"), words.admin, stopping
    )
    if compares(settings):
        agent.comparing = _comparing(agent, words.page_port)
    agent.run()


def _comparing(agent: Agent, port: int) -> Comparing:
    """Start the comparison in a thread of its own, with its page when there is a `port` for it."""
    budget = Budget.from_environment(os.environ)
    comparing = Comparing(agent.name, agent.settings, agent.store, _judge_of_writes(agent), budget)
    threading.Thread(target=comparing.run, args=(agent.stopping,), name="comparing", daemon=True).start()
    if port:
        page.serve(port, agent.store, comparing.metrics.registry)
    return comparing


def _judge_of_writes(agent: Agent) -> Callable[[Exchange], Judgement]:
    """Return the judge of writes; without the secret of dry runs, or the name of the shared database, one that judges none."""
    file = os.environ.get("DRY_RUN_SECRET_FILE")
    secret = Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get("DRY_RUN_SECRET", "")
    name = os.environ.get("MONGODB_NAME")
    if not secret or not name:
        return lambda _: Judgement("unjudged", reason="no dry run")
    services, sockets = groups(agent.settings.routes), rendering.ask_socket(agent.settings.comparer)
    return writes.judge_of(agent.store.database.client[name], secret, sockets, services, agent.stopping)


if __name__ == "__main__":
    main()
