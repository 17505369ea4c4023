"""A write that was sent is never sent twice, whatever became of it; a read may be. Both forms of the gateway."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from gateway.dns import Names, bootstrap
from gateway.envoy import Settings
from ops.parts import envoy
from tests.gateway.test_envoy import PATHS, Gateway, Stub
from tests.parts import free_port
from tests.system.platform import until

# The second one is passed on while it comes.
WRITTEN = ("/api/leads", "/api/leads/import-export/import")


@dataclass(frozen=True)
class Front:
    """A gateway, and all instances that it may send a request for leads to."""

    client: httpx.Client
    instances: tuple[Stub, ...]

    def sent(self) -> int:
        """How often the services were asked, all together."""
        return sum(stub.requests for stub in self.instances)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    running = Gateway(tmp_path_factory.mktemp("watched"))
    instances = (running.stubs["leads"], Stub("leads-2"))
    running.endpoints("leads", *instances)
    until(lambda: running.client.get("/api/leads").headers["x-leadmesh-instance"] == "leads-2", 10)
    yield Front(running.client, instances)
    running.part.stop(2)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder, stub = tmp_path_factory.mktemp("named"), Stub("any")
    names = Names(".localhost", stub.address[1], free_port())
    settings = Settings(port=free_port(), folder=folder, rate_limit=100_000)
    (folder / "envoy.json").write_text(json.dumps(bootstrap(settings, names)), encoding="utf-8")
    part = envoy.start(folder / "envoy.json", settings.port, folder / "envoy.log")
    yield Front(httpx.Client(base_url=part.uri, timeout=40), (stub,))
    part.stop(2)


@pytest.fixture(params=["watched", "named"])
def front(request: pytest.FixtureRequest) -> Front:
    chosen: Front = request.getfixturevalue(request.param)
    for stub in chosen.instances:
        stub.status, stub.resets = 200, False
    # An instance that misbehaved in the test before may still be left alone by the gateway.
    until(lambda: all(chosen.client.get(path).status_code == 200 for path in PATHS), 15)
    for stub in chosen.instances:
        stub.requests = 0
    return chosen


@pytest.mark.parametrize("path", WRITTEN)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_whose_connection_breaks_is_not_sent_again(front: Front, method: str, path: str) -> None:
    for stub in front.instances:
        stub.resets = True
    answer = front.client.request(method, path, json={})
    assert (answer.status_code, answer.json()["error"]) == (503, "Service Unavailable")
    assert front.sent() == 1


@pytest.mark.parametrize("path", WRITTEN)
def test_a_write_that_is_answered_503_is_not_sent_again(front: Front, path: str) -> None:
    for stub in front.instances:
        stub.status = 503
    assert front.client.post(path, json={}).status_code == 503
    assert front.sent() == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_whose_connection_breaks_is_sent_again(front: Front, method: str) -> None:
    for stub in front.instances:
        stub.resets = True
    assert front.client.request(method, "/api/leads").status_code == 503
    assert front.sent() > 1
