"""A gateway that compares: the stand-in of the old system on one side, and on the other the same as the service leads."""

import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import httpx

from gateway import envoy as rendering
from gateway.people import key_of
from gateway.shadow.results import Results
from gateway.states import State
from gateway.store import Store
from ops.parts import agent, envoy
from platform_services import SERVICES
from tests.legacy import data, leads, others
from tests.legacy.documents import opened
from tests.legacy.load import log_in
from tests.legacy.server import CONTROL, Legacy, Route
from tests.parts import WORKER, free_port
from tests.system.platform import until

# As a service has it: Envoy asks for it.
_READY = Route("GET", "/health/ready", lambda _: {}, roles=None)
SECRET = "a secret of the old system, long enough"


class Shadowing:
    """Envoy, its agent, and two stand-ins on one database: `old`, and `new` in the services' places."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.database = opened(os.environ["MONGODB_URI"], f"test_{WORKER or 'main'}_shadow")
        self.database.client.drop_database(self.database.name)
        self.database.client.drop_database(os.environ["GATEWAY_MONGODB_NAME"])
        data.load(self.database)
        self.old, self.new = self._stand_in(), self._stand_in()
        self.sockets = Path(tempfile.mkdtemp(prefix="leadmesh-"))
        self.settings = rendering.Settings(
            port=free_port(),
            folder=folder,
            rate_limit=100_000,
            legacy=self.url(self.old),
            legacy_key=key_of(SECRET),
            comparer=str(self.sockets),
        )
        self.part = envoy.start(rendering.write_all(self.settings), self.settings.port, folder / "envoy.log")
        for service in SERVICES:
            rendering.write_endpoints(folder, service, [("127.0.0.1", self.new.server_port)])
        self.store = Store.of(os.environ)
        self.results = Results(self.store.database)
        self.page = free_port()
        self.environment = {
            **os.environ,
            "GATEWAY_MONGODB_NAME": self.store.database.name,
            "LEADMESH_SHADOW_RATE": "1000",
            "LEADMESH_SHADOW_PAUSES": "0.1,0.3",
            **environment,
        }
        self.start_agent()
        token = log_in(self.url(self.old), "admin@acme.test")["accessToken"]
        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=self.part.uri, headers=headers, timeout=30)
        until(lambda: self.client.get("/api/leads").status_code == 200, 15)

    def _stand_in(self) -> Legacy:
        server = Legacy(free_port(), self.database, SECRET, [*leads.ROUTES, *others.ROUTES, _READY])
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    @staticmethod
    def url(server: Legacy) -> str:
        return f"http://127.0.0.1:{server.server_port}"

    def start_agent(self) -> None:
        self.agent = agent.start(self.settings, self.folder / "agent.log", self.environment, self.page)
        until(lambda: any("versions" in one for one in self.store.gateways()), 20)

    def move(self, group: str, state: State) -> None:
        version = self.store.change([group], state, reason="a test", author="test")
        until(lambda: all(one["version"] == version for one in self.store.gateways()), 10)

    def faults(self, server: Legacy, **wanted: Any) -> None:
        answer = httpx.put(self.url(server) + CONTROL, json=wanted)
        assert answer.status_code == 200, answer.text

    def run(self, group: str) -> dict[str, Any]:
        """What was counted of a group; its last run."""
        return next(iter(self.results.runs(group)), {})

    def counted(self, group: str, number: int, seconds: float = 30) -> dict[str, Any]:
        """The run, once `number` exchanges are judged."""

        def enough() -> Any:
            run = self.run(group)
            return run if sum(run.get(name, 0) for name in ("same", "different", "unjudged")) >= number else None

        return dict(until(enough, seconds))

    def close(self) -> None:
        self.agent.stop(3)
        self.part.stop(2)
        for server in (self.old, self.new):
            server.shutdown()
            server.server_close()
        for name in (self.database.name, self.store.database.name):
            self.database.client.drop_database(name)
