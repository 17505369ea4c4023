"""What the tests of the bridge have in common."""

import threading
from typing import Any

from bson import ObjectId
from prometheus_client import REGISTRY

from core.bridge.leading import Bridge
from core.bridge.models import BridgeDocument
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from tests.conftest import TENANT
from tests.legacy.leads import model as leads_of
from tests.system.platform import lead_body

OWNER = "64b0000000000000000000aa"


def candidate(service: str = "leads", who: str = "one") -> Bridge:
    return Bridge(service, who, threading.Event(), lease=30)


def bridged(service: str = "leads") -> BridgeDocument:
    """Let a bridge of `service` do all that is left to do, then deliver all events; return what it knows."""
    bridge = candidate(service)
    assert bridge.desk.lock.take()
    bridge.lead(until_idle=True)
    bridge.desk.lock.release()
    deliver_all()
    return bridge.desk.state()


def old_lead(**fields: Any) -> dict[str, Any]:
    """A lead that the old system has just stored."""
    body = lead_body(OWNER)
    return leads_of(mongo("leads")).create({**body, "leadId": str(ObjectId()), "tenantId": TENANT, **fields})


def change(key: Any, update: dict[str, Any], collection: str = "leads") -> None:
    service = "leads" if collection == "leads" else "buyers" if collection == "buyers" else "users"
    mongo(service)[collection].update_one({"_id": key}, update)


def stored(key: Any, collection: str = "leads") -> dict[str, Any]:
    return dict(mongo(collection)[collection].find_one({"_id": key}) or {})


def events(key: Any, service: str = "leads") -> list[tuple[str, int]]:
    """Name and version of the events about an entity, in the order of their versions."""
    found = mongo(service)["outboxevents"].find({"entityId": str(key)}, sort=[("entityVersion", 1), ("name", 1)])
    return [(event["name"], event["entityVersion"]) for event in found]


def copy_of(key: Any, service: str = "buyers", name: str = "buyerleads") -> dict[str, Any]:
    return dict(mongo(service)[name].find_one({"_id": str(key)}) or {})


def metric(name: str, **labels: str) -> float:
    return float(REGISTRY.get_sample_value(name, labels) or 0)
