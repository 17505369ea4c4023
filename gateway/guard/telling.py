"""Telling people of incidents: a POST to the address that LEADMESH_INCIDENT_WEBHOOK names."""

import logging
import threading
from typing import Any
from urllib.parse import urlsplit

import httpx
from pymongo.errors import PyMongoError

from gateway.guard.incidents import Incidents

log = logging.getLogger("gateway.guard")
_LOOK_SECONDS, _SECONDS = 1.0, 5.0


def tell(incidents: Incidents, webhook: str, stopping: threading.Event) -> None:
    """Tell of every incident that nobody was told of, by whichever gateway, until `stopping` is set. webhook: an address, or
    nothing: then the log and the metrics must do."""
    while not stopping.wait(_LOOK_SECONDS):
        try:
            while incident := incidents.claim_untold():
                _tell(incidents, incident, webhook)
        except PyMongoError as error:
            log.warning("nobody can be told while MongoDB is away: %s", type(error).__name__)


def _tell(incidents: Incidents, incident: dict[str, Any], webhook: str) -> None:
    if not webhook:
        incidents.note_told(incident, "log and metrics", "LEADMESH_INCIDENT_WEBHOOK names nobody", done=True)
        return
    # Only the host is kept: such addresses hold a secret.
    to = urlsplit(webhook).hostname or "an address without host"
    try:
        answer = httpx.post(webhook, json=_message(incident), timeout=_SECONDS)
        outcome, done = str(answer.status_code), answer.is_success
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        outcome, done = type(error).__name__, False
    if not done:
        log.warning("incident %s could not be told to %s: %s", incident["_id"], to, outcome)
    incidents.note_told(incident, to, outcome, done=done)


def _message(incident: dict[str, Any]) -> dict[str, Any]:
    """Return what is sent. `text` is what chat systems show."""
    number, group, why = incident["_id"], incident["group"], incident["why"]
    text = f"Leadmesh: {group} went back to the old system by itself: {why}. `leadmesh incidents ack {number}`"
    facts = {name: incident[name] for name in ("group", "from", "kind", "why", "affected", "before", "gateway")}
    return {"text": text, "incident": number, "at": incident["at"].isoformat(), **facts}
