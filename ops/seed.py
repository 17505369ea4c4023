"""Demo data, once per home: people by management command, leads and buyers through the gateway, as a client would."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx

from ops.config import Config, demo_file
from ops.demo.data import buyers, leads
from ops.parts.process import PartFailed

LEADS, BUYERS = 40, 15
_FOLLOWS_SECONDS = 20.0


def people() -> dict[str, Any]:
    """Return the demo people: tenants, people and their one password."""
    loaded: dict[str, Any] = json.loads(demo_file().read_text(encoding="utf-8"))
    return loaded


def seed(config: Config, manage: Callable[..., str], tell: Callable[[str], None], *, force: bool = False) -> bool:
    """Load the demo data unless this home has it; return whether it was loaded. Raises PartFailed."""
    if config.home.read("seeded").get("done") and not force:
        return False
    tell("Loading demo data")
    manage("load_users", str(demo_file()))
    manage("load_credentials", str(demo_file()))
    demo = people()
    with httpx.Client(base_url=config.url, timeout=30.0) as client:
        client.headers["Authorization"] = f"Bearer {_log_in(client, demo)}"
        members = [person["_id"] for person in demo["people"] if person["roles"][0] in ("user", "acquisitions")]
        _await_members(client, members)
        created = _create(client, "/api/buyers", buyers(BUYERS)) + _create(client, "/api/leads", leads(LEADS, members))
        if created:
            _await_dashboard(client)
    config.home.write("seeded", {"done": True})
    tell(f"Demo data loaded: {created} leads and buyers")
    return True


def _log_in(client: httpx.Client, demo: dict[str, Any]) -> str:
    answer = client.post("/api/auth/login", json={"email": "admin@acme.test", "password": demo["password"]})
    if answer.status_code != 200:
        raise PartFailed(f"The demo administrator cannot log in: {answer.text[:200]}")
    return str(answer.json()["accessToken"])


def _create(client: httpx.Client, path: str, bodies: list[dict[str, Any]]) -> int:
    created = 0
    for body in bodies:
        answer = client.post(path, json=body)
        created += answer.status_code == 201
        if answer.status_code not in (201, 400, 409):
            raise PartFailed(f"Demo data was refused: {answer.status_code} {answer.text[:300]}")
    return created


def _await_members(client: httpx.Client, members: list[str]) -> None:
    """Wait until leads knows the users who get leads: it accepts no unknown owner. Raises PartFailed."""
    deadline = time.monotonic() + _FOLLOWS_SECONDS
    while time.monotonic() < deadline:
        answer = client.get("/api/leads/assign/stats")
        if answer.status_code == 200 and set(members) <= answer.json()["data"]["agentUtilization"].keys():
            return
        time.sleep(0.3)
    raise PartFailed("The leads service has not heard of the demo people")


def _await_dashboard(client: httpx.Client) -> None:
    """Wait until the dashboard counts the leads, so that the first look shows them."""
    deadline = time.monotonic() + _FOLLOWS_SECONDS
    while time.monotonic() < deadline:
        answer = client.get("/api/dashboard/realtime")
        if answer.status_code == 200 and answer.json()["totalLeads"] >= LEADS:
            return
        time.sleep(0.3)
