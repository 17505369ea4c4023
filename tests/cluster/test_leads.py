"""The service leads deployed alone: installing, upgrading, scaling, losing pods, a migration that fails, going back."""

from collections.abc import Iterator

import httpx
import pytest

from tests.cluster.conftest import Saw
from tests.cluster.data import Databases
from tests.cluster.load import Load
from tests.cluster.measures import Measures
from tests.cluster.node import Node
from tests.cluster.releases import Release, token
from tests.cluster.waiting import eventually
from tests.system.platform import lead_body

_PORT = 30001
_PATHS = ["/api/leads?limit=5", "/api/leads/stats"]


@pytest.fixture(scope="module")
def leads(node: Node, databases: Databases, measures: Measures, images: None) -> Iterator[Release]:
    """The release, installed; gone at the end."""
    databases.give_secret(node, "alone")
    release = Release(node, "alone", "leads")
    release.upgrade()
    release.open_port("leads", _PORT)
    yield release
    release.helm("uninstall", "leads")
    node.kubectl("delete", "namespace", "alone")


@pytest.fixture
def admin(databases: Databases) -> str:
    return token(databases.secret["JWT_SECRET"])


def _version() -> str:
    return str(httpx.get(f"http://127.0.0.1:{_PORT}/health", timeout=10.0).json()["version"])


def test_leads_serves_alone(leads: Release, databases: Databases, admin: str, saw: Saw) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{_PORT}", headers={"Authorization": f"Bearer {admin}"}) as client:
        made = client.post("/api/leads", json=lead_body("64b00000000000000000a001"))
        assert made.status_code == 201, made.text
        assert client.get("/api/leads").json()["total"] == 1
    # Its worker hands the event on; nobody is there to hear it, and it waits.
    eventually(lambda: databases.waiting("buyers") > 0, 30)
    assert databases.of("leads")["django_migrations"].count_documents({}) > 0
    saw(
        "leads alone",
        f"{len(leads.ready('leads'))} web pods, {len(leads.ready('leads', 'worker'))} worker; a lead made, read",
    )


def test_a_rolling_upgrade_loses_nothing(leads: Release, admin: str, saw: Saw) -> None:
    before = _version()
    with Load(_PORT, _PATHS, admin, rate=10) as fresh, Load(_PORT, _PATHS, admin, rate=10, keep=True) as kept:
        seconds = leads.upgrade("--set", "image.tag=next")
    assert (before, _version()) == ("0.1.0", "99.0.0")
    assert not fresh.failed, fresh.outcomes
    saw("rolling upgrade", f"{before} to 99.0.0 in {seconds:.0f} s: {fresh.sent} requests, {fresh.failed or 0} failed")
    saw("the same on kept connections", f"{kept.sent} requests, failed: {kept.failed or 0}")
