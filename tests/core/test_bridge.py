"""What the old system writes past us becomes a revision and exactly one event; copies elsewhere are right afterwards."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from django.conf import settings
from django.core.management import CommandError, call_command
from prometheus_client import REGISTRY

from core.bridge.applying import Applier
from core.bridge.changes import theirs, told
from core.bridge.desk import Desk
from core.bridge.leading import Bridge
from core.bridge.models import BridgeDocument
from core.bridge.sources import sources_of
from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.preparing import LockLost
from core.events.catalogue import EVENTS, EXPORTS
from core.events.testing import deliver_all
from platform_services import BRIDGED
from tests import revisions
from tests.conftest import TENANT, Api, Caller
from tests.legacy.documents import Model
from tests.legacy.leads import model as leads_of
from tests.system.platform import lead_body

pytestmark = pytest.mark.usefixtures("database")
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


@pytest.fixture(autouse=True)
def following(database: None) -> None:
    """The bridge of leads has begun: what is written from now on is in its stream."""
    bridged()


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


def test_a_new_lead_becomes_a_revision_and_an_event() -> None:
    lead = old_lead()
    bridged()
    assert (stored(lead["_id"])["rev"], events(lead["_id"])) == (1, [("lead.created", 1)])
    assert stored(lead["_id"])["emailKey"] == lead["contactInfo"]["email"]
    assert copy_of(lead["_id"])["email"] == lead["contactInfo"]["email"]
    assert copy_of(lead["_id"], "analytics", "leadfacts")["tenantId"] == TENANT


def test_each_change_is_told_once_whatever_its_kind() -> None:
    lead = old_lead()
    bridged()
    change(lead["_id"], {"$set": {"status": "contacted"}})
    bridged()
    change(lead["_id"], {"$unset": {"notes": ""}, "$push": {"tags": "hot"}})
    bridged()
    mongo("leads")["leads"].replace_one({"_id": lead["_id"]}, {**lead, "status": "qualified", "priority": "high"})
    bridged()
    told = [("lead.created", 1), ("lead.status_changed", 2), ("lead.updated", 3), ("lead.status_changed", 4)]
    assert events(lead["_id"]) == told
    assert (copy_of(lead["_id"])["status"], copy_of(lead["_id"])["version"]) == ("qualified", 4)
    happened = mongo("analytics")["happenings"].find({"type": "lead_status_changed"}, sort=[("at", 1)])
    assert [one["message"] for one in happened] == ["Nora New: new to contacted", "Nora New: contacted to qualified"]
    assert bridged()["counts"]["leads"]["bridged"] == 4
    assert metric("leadmesh_bridge_lag_seconds", service="leads") == 0
    assert metric("leadmesh_bridge_changes_total", service="leads", collection="leads", outcome="bridged") >= 4


def test_a_replacement_by_what_was_read_long_ago_is_newer_all_the_same() -> None:
    lead = old_lead()
    for number in range(3):
        change(lead["_id"], {"$set": {"score": number}})
        bridged()
    assert stored(lead["_id"])["rev"] == 4 - 1
    mongo("leads")["leads"].replace_one({"_id": lead["_id"]}, {**lead, "rev": 1, "notes": "of then"})
    bridged()
    assert (stored(lead["_id"])["rev"], copy_of(lead["_id"])["version"]) == (4, 4)


def test_what_we_write_is_told_by_us_alone(api: Api, admin: Caller) -> None:
    following_ = api.post("/api/leads", lead_body(admin.user_id), as_=admin).json()
    api.put(f"/api/leads/{following_['leadId']}", {"notes": "ours"}, as_=admin)
    assert "leads" not in bridged().get("counts", {})
    assert [version for _, version in events(following_["_id"])] == [1, 2]


def test_a_change_that_our_next_revision_has_told_is_not_told_again(api: Api, admin: Caller) -> None:
    lead = api.post("/api/leads", lead_body(admin.user_id), as_=admin).json()
    key = ObjectId(lead["_id"])
    change(key, {"$set": {"notes": "theirs"}})
    api.put(f"/api/leads/{lead['leadId']}", {"priority": "high"}, as_=admin)
    change(key, {"$set": {"notes": "theirs again"}})
    assert bridged()["counts"]["leads"] == {"covered": 1, "bridged": 1}
    assert [version for _, version in events(key)] == [1, 2, 3]


def test_a_soft_deletion_frees_the_address(api: Api, admin: Caller) -> None:
    body = lead_body(admin.user_id)
    lead = api.post("/api/leads", body, as_=admin).json()
    change(ObjectId(lead["_id"]), {"$set": {"deletedAt": now(), "updatedAt": now()}})
    bridged()
    assert not {"emailKey", "phoneKey"} & stored(ObjectId(lead["_id"])).keys()
    assert events(lead["_id"])[-1] == ("lead.deleted", 2)
    assert copy_of(lead["_id"])["deletedAt"]
    assert api.post("/api/leads", body, as_=admin).status_code == 201


def test_a_changed_address_changes_the_key(api: Api, admin: Caller) -> None:
    body = lead_body(admin.user_id)
    lead = api.post("/api/leads", body, as_=admin).json()
    change(ObjectId(lead["_id"]), {"$set": {"contactInfo.email": " Other@X.test "}})
    bridged()
    assert stored(ObjectId(lead["_id"]))["emailKey"] == "other@x.test"
    taken = lead_body(admin.user_id)
    taken["contactInfo"]["email"] = "OTHER@x.test"
    assert api.post("/api/leads", taken, as_=admin).json()["duplicateFields"] == ["email"]


def test_a_buyer_of_the_old_system_cannot_be_created_again(api: Api, admin: Caller) -> None:
    bridged("buyers")
    buyer = {"companyName": "Buy Co", "contactName": "Ben", "email": "b@x.test", "city": "Austin", "state": "TX"}
    Model(mongo("buyers")["buyers"], {"isActive": True}).create({**buyer, "tenantId": TENANT})
    bridged("buyers")
    again = api.post("/api/buyers", {**buyer, "email": "B@x.test", "phone": "5125550100"}, as_=admin)
    assert again.status_code == 409
    assert mongo("analytics")["buyerfacts"].count_documents({"email": "b@x.test"}) == 1


def test_a_duplicate_of_the_old_system_is_known_by_its_text_only() -> None:
    first, second = old_lead(), old_lead()
    change(second["_id"], {"$set": {"contactInfo.email": first["contactInfo"]["email"]}})
    third = old_lead()
    assert bridged()["counts"]["leads"] == {"bridged": 3, "covered": 1}
    assert "emailKey" in stored(first["_id"])
    assert "emailKey" not in stored(second["_id"])
    assert stored(second["_id"])["phoneKey"]
    assert events(third["_id"]) == [("lead.created", 1)]


def test_what_the_old_system_removes_is_removed_everywhere_and_may_come_back() -> None:
    lead = old_lead()
    bridged()
    mongo("leads")["leads"].delete_one({"_id": lead["_id"]})
    bridged()
    assert events(lead["_id"]) == [("lead.created", 1), ("lead.deleted", 2)]
    assert copy_of(lead["_id"])["deletedAt"]
    assert copy_of(lead["_id"], "analytics", "leadfacts")["deletedAt"]
    mongo("leads")["leads"].insert_one(lead)
    bridged()
    assert events(lead["_id"])[-1] == ("lead.created", 3)
    assert copy_of(lead["_id"])["deletedAt"] is None


def test_a_replacement_that_dropped_the_revision_is_removed_everywhere_as_well() -> None:
    lead = old_lead()
    bridged()
    mongo("leads")["leads"].replace_one({"_id": lead["_id"]}, {**lead, "notes": "without revision"})
    mongo("leads")["leads"].delete_one({"_id": lead["_id"]})
    bridged()
    assert events(lead["_id"]) == [("lead.created", 1), ("lead.deleted", 2)]
    assert copy_of(lead["_id"])["deletedAt"]


def test_a_revision_dropped_behind_the_bridge_is_not_told_twice() -> None:
    lead = old_lead()
    change(lead["_id"], {"$set": {"notes": "before the bridge has told the lead"}})
    bridge = candidate()
    assert bridge.desk.lock.take()
    with mongo("leads").watch(theirs(["leads"]), full_document_before_change="whenAvailable",
                                   resume_after=bridge.desk.state()["resume"]) as stream:  # fmt: skip
        created, updated = told(next(stream)), told(next(stream))
    Applier(bridge.desk).settle([created])
    mongo("leads")["leads"].replace_one({"_id": lead["_id"]}, {**lead, "notes": "without revision"})
    Applier(bridge.desk).settle([updated])
    bridge.desk.lock.release()
    bridged()
    assert [version for _, version in events(lead["_id"])] == [1, 2]
    assert copy_of(lead["_id"])["version"] == stored(lead["_id"])["rev"] == 2


def test_removed_and_there_again_between_two_looks() -> None:
    lead = old_lead()
    bridged()
    mongo("leads")["leads"].delete_one({"_id": lead["_id"]})
    mongo("leads")["leads"].insert_one({**lead, "status": "qualified"})
    bridged()
    assert copy_of(lead["_id"])["status"] == "qualified"


def test_a_suspended_or_removed_person_is_refused_by_all_services() -> None:
    bridged("users")
    person = {"email": "p@x.test", "firstName": "P", "lastName": "Q", "status": "active", "roles": ["user"]}
    users = Model(mongo("users")["users"], references=("tenantId",))
    one, other = users.create({**person, "tenantId": TENANT}), users.create({**person, "email": "o@x.test"})
    bridged("users")
    users.update({"_id": one["_id"]}, {"status": "suspended"})
    mongo("users")["users"].delete_one({"_id": other["_id"]})
    bridged("users")
    for service in settings.SERVICES:
        access = {key: copy_of(f"user:{key}", service, "accessentries")["status"] for key in (one["_id"], other["_id"])}
        assert [*access.values()] == ["suspended", "inactive"], service
    assert copy_of(one["_id"], "leads", "leadsdirectory")["tenantId"] == TENANT


def test_what_happens_at_every_request_is_no_change_of_a_person() -> None:
    bridged("users")
    users = Model(mongo("users")["users"])
    person = users.create({"email": "p@x.test", "firstName": "P", "lastName": "Q", "status": "active", "roles": []})
    bridged("users")
    users.update({"_id": person["_id"]}, {"lastActiveAt": now()})
    assert bridged("users")["counts"]["users"] == {"bridged": 1, "quiet": 1}
    assert stored(person["_id"], "users")["rev"] == 1


def test_tenants_and_invitations_are_told_as_well() -> None:
    bridged("users")
    tenant = {"tenantId": "5d6c2c5e-0000-4000-8000-000000000001", "name": "Old Co", "subdomain": "old"}
    made = Model(mongo("users")["tenants"]).create({**tenant, "status": "active", "adminIds": []})
    invited = {"email": "i@x.test", "token": "t" * 64, "status": "pending", "expiresAt": now(), "invitedBy": ObjectId()}
    invitation = Model(mongo("users")["userinvitations"]).create({**invited, "tenantId": made["_id"]})
    bridged("users")
    mongo("users")["tenants"].delete_one({"_id": made["_id"]})
    mongo("users")["userinvitations"].delete_one({"_id": invitation["_id"]})
    bridged("users")
    assert events(made["_id"], "users") == [("tenant.created", 1), ("tenant.deleted", 2)]
    assert copy_of(invitation["_id"], "auth", "authinvitations")["status"] == "cancelled"


@pytest.mark.parametrize(
    "odd",
    [
        {"createdAt": "yesterday"},
        {"tags": 5},
        {"contactInfo": {"email": ["a"], "phone": {"no": 1}}},
        {"score": "a lot"},
        {"tenantId": {"no": "tenant"}, "createdAt": None},
        {"updatedAt": 17, "rev": "many"},
    ],
)
def test_a_document_of_unknown_shape_stops_nobody(odd: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    lead, after = old_lead(), None
    change(lead["_id"], {"$set": odd})
    after = old_lead()
    known = bridged()
    assert events(after["_id"]) == [("lead.created", 1)]
    assert known["counts"]["leads"]["parked"] >= 1
    call_command("bridge", "status", "leads")
    told = capsys.readouterr().out
    assert f"PARKED {lead['_id']}" in told
    assert "yesterday" not in told
    well = {name: lead[name] for name in odd if name in lead}
    change(lead["_id"], {"$set": {**well, "notes": "well again"}, "$unset": dict.fromkeys({*odd, "rev"} - {*well}, "")})
    bridged()
    assert Desk("leads").parked() == []
    assert copy_of(lead["_id"])["email"] == lead["contactInfo"]["email"]


def test_owners_and_tenants_may_be_stored_in_either_form() -> None:
    lead = old_lead(assignedTo=OWNER)
    other = old_lead()
    change(other["_id"], {"$set": {"tenantId": ObjectId(TENANT), "assignedTo": ObjectId(OWNER)}})
    bridged()
    for key in (lead["_id"], other["_id"]):
        assert (copy_of(key)["tenantId"], copy_of(key)["assignedTo"]) == (TENANT, OWNER)


def test_a_bridge_that_was_away_goes_on_where_it_was() -> None:
    keys = [old_lead()["_id"] for _ in range(40)]
    bridged()
    for key in keys:
        change(key, {"$set": {"notes": "while nobody looked"}})
    bridged()
    bridged()
    assert all(events(key) == [("lead.created", 1), ("lead.updated", 2)] for key in keys)


def test_a_leader_that_was_frozen_changes_nothing_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen, lead = candidate(who="frozen"), old_lead()
    assert frozen.desk.lock.take()
    assert not candidate(who="other").desk.lock.take()
    mongo("leads")["bridges"].update_one({"_id": "leads"}, {"$set": {"until": now() - timedelta(seconds=1)}})
    bridged()
    # It wakes up in the middle of its work: in front of the first thing that it wants to store.
    monkeypatch.setattr(frozen, "_beat", lambda state, **_: state)
    change(lead["_id"], {"$set": {"notes": "who tells it?"}})
    with pytest.raises(LockLost):
        frozen.lead(until_idle=True)
    assert events(lead["_id"]) == [("lead.created", 1)]
    bridged()
    assert events(lead["_id"]) == [("lead.created", 1), ("lead.updated", 2)]


@contextmanager
def running(*bridges: Bridge, work: Callable[[Bridge], None] = Bridge.run) -> Iterator[None]:
    threads = [threading.Thread(target=work, args=(bridge,)) for bridge in bridges]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for bridge in bridges:
            bridge._stopping.set()
        for thread in threads:
            thread.join()


def test_of_two_bridges_one_works_and_the_other_takes_over() -> None:
    first, second = (Bridge("leads", who, threading.Event(), lease=1.0) for who in ("first", "second"))
    keys: list[Any] = []
    with running(first, second):
        keys += [old_lead()["_id"] for _ in range(30)]
        until(lambda: mongo("leads")["outboxevents"].count_documents({"name": "lead.created"}) >= 30)
        leader = first if Desk("leads").state()["holder"] == "first" else second
        leader._stopping.set()
        keys += [old_lead()["_id"] for _ in range(30)]
        until(lambda: mongo("leads")["outboxevents"].count_documents({"name": "lead.created"}) >= 60)
    assert all(events(key) == [("lead.created", 1)] for key in keys)


def until(question: Callable[[], Any]) -> None:
    """Wait for a true answer; the test's own time limit ends it."""
    moment = threading.Event()
    while not question():
        moment.wait(0.05)


def test_after_a_gap_in_the_history_all_documents_are_told_again(caplog: pytest.LogCaptureFixture) -> None:
    keys = [old_lead()["_id"] for _ in range(60)]
    bridged()
    change(keys[0], {"$set": {"status": "contacted"}})
    forget_history()
    known = bridged()
    assert known["lostAt"]
    assert "bridge_history_lost" in caplog.text
    assert known["walks"] == {}
    assert known["counts"]["leads"] == {"bridged": 60, "walked": 61}
    assert copy_of(keys[0])["status"] == "contacted"
    assert [version for _, version in events(keys[5])] == [1, 2]
    change(keys[1], {"$set": {"status": "contacted"}})
    bridged()
    assert copy_of(keys[1])["status"] == "contacted"


def forget_history() -> None:
    """Give the bridge a place in a stream that MongoDB does not know."""
    with mongo("leads").watch() as stream:
        old_lead()
        token = str(next(stream)["_id"]["_data"])
    old = {"_data": f"{token[:2]}{1_000_000:08X}{token[10:]}"}
    mongo("leads")["bridges"].update_one({"_id": "leads"}, {"$set": {"resume": old}})


def test_a_walk_that_was_interrupted_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [old_lead()["_id"] for _ in range(60)]
    bridged()
    call_command("bridge", "walk", "leads")
    bridge = candidate()
    assert bridge.desk.lock.take()
    with monkeypatch.context() as patched:
        patched.setattr(bridge, "_beat", lambda state, **_: bridge._stopping.set() or state)
        bridge.lead(until_idle=True)
    bridge.desk.lock.release()
    assert Desk("leads").state()["walks"]["leads"]["done"] == 25
    bridged()
    assert [len(events(key)) for key in keys] == [2] * 60


def test_a_collection_that_is_switched_off_is_left_alone_and_caught_up_with_later() -> None:
    call_command("bridge", "off", "leads")
    lead = old_lead()
    assert "leads" not in bridged().get("counts", {})
    assert "rev" not in stored(lead["_id"])
    call_command("bridge", "on", "leads")
    bridged()
    assert events(lead["_id"]) == [("lead.updated", 1)]
    with pytest.raises(CommandError, match="does not follow credentials"):
        call_command("bridge", "off", "credentials")


def test_documents_from_before_the_bridge_are_caught_up_with_at_its_start() -> None:
    mongo("leads")["bridges"].delete_many({})
    lead = old_lead()
    bridged()
    assert (stored(lead["_id"])["rev"], copy_of(lead["_id"])["status"]) == (1, "new")


def test_every_export_is_followed() -> None:
    followed = {(service, name) for service in settings.SERVICES for name in sources_of(service)}
    exported = {
        (export.owner, revisions.EXPORTED[export.name]) for export in EXPORTS if export.name in revisions.EXPORTED
    }
    assert followed == exported
    assert {service for service, _ in followed} == set(BRIDGED)
    assert {EVENTS[export.event].owner for export in EXPORTS} == set(BRIDGED)
