"""Writes of a whole platform in shadow: `python -m tests.bench.writes`. They go to the stand-in of the old system alone; what the
services would have done with them is compared. Prints the report without and with a difference that is injected."""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from ops.seed import people
from tests.legacy.load import log_in
from tests.legacy.server import CONTROL
from tests.legacy.walk import in_front_of, old_system
from tests.system.platform import Platform, lead_body

GROUPS = ("leads.write", "buyers.write")
RECORDS = 8


def main() -> None:
    """Run both parts."""
    with tempfile.TemporaryDirectory(prefix="leadmesh-writes-") as name:
        folder = Path(name)
        settings = {"LEADMESH_SHADOW_RATE": "1000", "DRY_RUN_MILLISECONDS": "2000"}
        with old_system(folder) as (legacy, uri), in_front_of(legacy, uri, folder / "platform", **settings) as platform:
            token = log_in(legacy, "admin@acme.test")["accessToken"]
            for group in GROUPS:
                platform.command("route", group, "--to", "shadow", "--reason", "the shadow of writes")
            _told(platform, _write(platform, token))
            httpx.put(legacy + CONTROL, json={"differences": ["stored-value"]})
            _told(platform, _write(platform, token))


def _write(platform: Platform, token: str) -> int:
    """Create, change and delete records, and return how many writes that were."""
    agent = next(one["_id"] for one in people()["people"] if one["roles"] == ["user"])
    with platform.client(token) as client:
        for number in range(RECORDS):
            lead = _sent(client, "POST", "/api/leads", lead_body(agent))
            body = {"companyName": f"Bay {number}", "contactName": "Bo", "phone": "5125550142"}
            unique = f"{time.time_ns()}@bay.test"
            buyer = _sent(client, "POST", "/api/buyers", {**body, "email": unique})
            # Writes of one record within a second of each other cannot be told apart.
            time.sleep(1.5)
            _sent(client, "PUT", f"/api/leads/{lead['leadId']}", {"status": "contacted", "notes": "called"})
            _sent(client, "PUT", f"/api/buyers/{buyer['_id']}", {"notes": "called", "city": "Austin"})
            time.sleep(1.5)
            _sent(client, "DELETE", f"/api/leads/{lead['leadId']}")
            _sent(client, "DELETE", f"/api/buyers/{buyer['_id']}")
    return 6 * RECORDS


def _sent(client: httpx.Client, method: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = client.request(method, path, json=body)
    assert answer.status_code < 300, answer.text
    assert answer.headers["x-powered-by"] == "Express"
    return dict(answer.json()) if answer.content else {}


def _told(platform: Platform, writes: int) -> None:
    deadline = time.monotonic() + 60
    rows: list[dict[str, Any]] = []
    while time.monotonic() < deadline:
        rows = [one for one in json.loads(platform.command("shadow", "report", "--json")) if one["group"] in GROUPS]
        if (
            sum(one["compared"] + sum(one["unjudged"].values()) + sum(one["dropped"].values()) for one in rows)
            >= writes
        ):
            break
        time.sleep(2)
    print(platform.command("shadow", "report"))
    for row in rows:
        print(row["group"], {name: row[name] for name in ("compared", "different", "unjudged", "dropped")})
    for group in GROUPS:
        platform.command("shadow", "reset", group)


if __name__ == "__main__":
    main()
