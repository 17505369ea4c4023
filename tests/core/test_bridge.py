"""What the old system writes past us becomes a revision and exactly one event; copies elsewhere are right afterwards."""

from typing import Any

import pytest
from bson import ObjectId
from django.conf import settings
from django.core.management import call_command

from core.bridge.applying import Applier
from core.bridge.changes import theirs, told
from core.bridge.desk import Desk
from core.documents.collection import now
from core.documents.driver import database as mongo
from tests.bridged import OWNER, bridged, candidate, change, copy_of, events, metric, old_lead, stored
from tests.conftest import TENANT, Api, Caller
from tests.legacy.documents import Model
from tests.revisions import arranged
from tests.system.platform import lead_body

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def following(database: None) -> None:
    """The bridge of leads has begun: what is written from now on is in its stream."""
    bridged()


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
    # The old system's own form stays as it was.
    arranged.add(str(other["_id"]))
    change(other["_id"], {"$set": {"tenantId": ObjectId(TENANT), "assignedTo": ObjectId(OWNER)}})
    bridged()
    for key in (lead["_id"], other["_id"]):
        assert (copy_of(key)["tenantId"], copy_of(key)["assignedTo"]) == (TENANT, OWNER)
