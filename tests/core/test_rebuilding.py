"""Copies of other services' entities: lost, damaged and old ones come back from their owners' exports."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId
from django.conf import settings
from django.core.management import CommandError, call_command

from core.clients.http import ServiceClient
from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.scope import TenantScope
from core.events.catalogue import EXPORTS
from core.events.rebuilding import rebuild
from core.events.testing import deliver_all
from services.buyers.buyers.models import BUYERS
from services.users.accounts.bypasses import everyone
from tests import revisions
from tests.conftest import TENANT, Api, Caller
from tests.system.platform import lead_body


@pytest.fixture
def filled(api: Api, owners: None, admin: Caller, operator: Caller) -> dict[str, str]:
    """A tenant with a person, a lead and a buyer, everywhere; returns their ids."""
    person = api.post("/api/users", {"email": "p@x.test", "firstName": "Pat", "lastName": "Lee"}, as_=admin)
    deliver_all()
    lead = api.post("/api/leads", lead_body(person.json()["data"]["user"]["id"]), as_=admin).json()
    buyer = {"companyName": "Buy Co", "contactName": "Ben", "email": "b@x.test", "phone": "5125550100"}
    bought = api.post("/api/buyers", {**buyer, "city": "Austin", "state": "TX"}, as_=admin).json()
    tenant = api.post("/api/tenants", {"name": "Other", "subdomain": "other"}, as_=operator).json()
    deliver_all()
    user_id = person.json()["data"]["user"]["id"]
    return {"person": user_id, "lead": lead["_id"], "buyer": bought["id"], "tenant": tenant["tenantId"]}


COPIES = [
    ("auth", "authdirectory"),
    ("auth", "accessentries"),
    ("users", "accessentries"),
    ("leads", "leadsdirectory"),
    ("leads", "accessentries"),
    ("buyers", "buyerleads"),
    ("analytics", "leadfacts"),
    ("analytics", "buyerfacts"),
]


def copies() -> dict[str, list[dict[str, Any]]]:
    """All copies, without when they were made."""
    stamps = ("projectedAt", "changedAt")
    return {
        f"{service}.{name}": [
            {key: value for key, value in document.items() if key not in stamps}
            for document in mongo(service)[name].find(sort=[("_id", 1)])
        ]
        for service, name in COPIES
    }


def test_lost_copies_come_back_as_they_were(filled: dict[str, str]) -> None:
    before = copies()
    assert all(before.values()), {name: len(found) for name, found in before.items()}
    for service, name in COPIES:
        mongo(service)[name].delete_many({})
    for service in settings.SERVICES:
        assert sum(report.missing for report in rebuild(service)) > 0
    assert copies() == before
    assert all(report.drift == 0 for service in settings.SERVICES for report in rebuild(service))


def test_a_comparison_finds_drift_and_changes_nothing(filled: dict[str, str]) -> None:
    assert all(report.drift == 0 for service in settings.SERVICES for report in rebuild(service, check=True))
    mongo("leads")["leadsdirectory"].delete_many({})
    mongo("auth")["authdirectory"].update_one({"_id": filled["person"]}, {"$set": {"firstName": "Damaged"}})
    mongo("buyers")["buyerleads"].update_one({"_id": filled["lead"]}, {"$set": {"version": 0, "status": "old"}})
    before = copies()
    found = {
        (service, report.export): (report.missing, report.stale)
        for service in settings.SERVICES
        for report in rebuild(service, check=True)
        if report.drift
    }
    assert found == {("leads", "users"): (1, 0), ("auth", "users"): (0, 1), ("buyers", "leads"): (0, 1)}
    assert copies() == before


def test_what_the_old_system_wrote_past_us_is_found(filled: dict[str, str]) -> None:
    mongo("users")["users"].update_one({"_id": ObjectId(filled["person"])}, {"$set": {"lastName": "Changed"}})
    rebuild("leads")
    assert mongo("leads")["leadsdirectory"].find_one({"_id": filled["person"]})["name"] == "Pat Changed"  # type: ignore[index]


def test_documents_that_the_old_system_wrote_are_copied(owners: None) -> None:
    old = {"_id": ObjectId(), "email": "old@x.test", "firstName": "Old", "lastName": "Hand", "status": "suspended"}
    mongo("users")["users"].insert_one({**old, "roles": ["admin"], "tenantId": TENANT, "__v": 0})
    mongo("users")["users"].insert_one({"_id": ObjectId(), "nonsense": True, "email": "x"})
    for service in settings.SERVICES:
        rebuild(service)
    person = mongo("auth")["authdirectory"].find_one({"_id": str(old["_id"])})
    assert person and (person["email"], person["status"], person["tenantId"]) == ("old@x.test", "suspended", TENANT)
    for service in settings.SERVICES:
        entry = mongo(service)["accessentries"].find_one({"_id": f"user:{old['_id']}"})
        assert entry and entry["status"] == "suspended"


def test_copies_without_owner_are_told_and_removed_only_when_asked(filled: dict[str, str]) -> None:
    mongo("users")["users"].delete_many({})
    directory, long_ago = mongo("leads")["leadsdirectory"], now() - timedelta(hours=2)
    rebuild("leads")
    assert directory.count_documents({}) == 1
    directory.update_many({}, {"$set": {"projectedAt": long_ago}})
    mongo("users")["users"].insert_one(
        {"_id": ObjectId(), "email": "z@x.test", "firstName": "Z", "lastName": "Z", "status": "active"}
    )
    assert sum(report.extra for report in rebuild("leads")) == 1
    assert directory.find_one({"_id": filled["person"]})
    rebuild("leads", prune=True)
    assert not directory.find_one({"_id": filled["person"]})


def test_newer_copies_than_the_export_stay(filled: dict[str, str]) -> None:
    newer = {"$set": {"version": 99, "name": "From an event that came meanwhile"}}
    mongo("leads")["leadsdirectory"].update_one({"_id": filled["person"]}, newer)
    assert all(report.drift == 0 for report in rebuild("leads"))
    assert mongo("leads")["leadsdirectory"].find_one({"_id": filled["person"]})["version"] == 99  # type: ignore[index]


def test_no_export_escapes_the_guard_of_revisions(filled: dict[str, str]) -> None:
    assert {export.name for export in EXPORTS} == {*revisions.EXPORTED, *revisions.PARTS}
    for export in EXPORTS:
        stored = mongo(export.owner)[revisions.EXPORTED[revisions.PARTS.get(export.name, export.name)]]
        assert export.name == "invitations" or stored.count_documents({"rev": {"$exists": True}})


def test_a_mark_that_an_event_should_carry_is_a_gap(api: Api) -> None:
    scope = TenantScope(TENANT)
    everyone().mark({}, {"$inc": {"grantsGuard": 1}})
    assert revisions.gaps() == []
    BUYERS.scoped(scope).mark({}, {"$set": {"buyBox.cities": []}})
    assert revisions.gaps() == ["buyers.buyBox was marked"]
    revisions.marked.clear()


def test_many_pages_are_one_copy(owners: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.events.rebuilding._PAGE", 7)
    people = [
        {"_id": ObjectId(), "email": f"p{number}@x.test", "firstName": "P", "lastName": "Q", "status": "active"}
        for number in range(50)
    ]
    mongo("users")["users"].insert_many(people)
    heard: list[tuple[str, int]] = []
    reports = {report.export: report for report in rebuild("leads", progress=lambda *told: heard.append(told))}
    assert reports["users"].missing == 50
    assert mongo("leads")["leadsdirectory"].count_documents({}) == 50
    assert ("users", 49) in heard
    assert rebuild("leads", check=True)[1].current == 50


def test_the_command_says_what_it_did(filled: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    mongo("leads")["leadsdirectory"].delete_many({})
    with pytest.raises(CommandError, match="copies differ"):
        call_command("rebuild_projections", "--check")
    call_command("rebuild_projections")
    shown = capsys.readouterr().out
    assert "leads      users        1 missing, 0 stale, 0 extra, 0 current" in shown
    call_command("rebuild_projections", "--check")


def test_an_owner_that_is_away_is_named(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in settings.SERVICES:
        monkeypatch.setenv(f"{service.upper()}_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(ServiceClient, "_breakers", {})
    with pytest.raises(CommandError, match="does not answer; start it"):
        call_command("rebuild_projections")


def test_exports_are_for_services_only(api: Api, operator: Caller) -> None:
    for path in ("users/export/access", "users/export/invitations"):
        assert api.get(f"/internal/{path}", as_=operator).status_code == 401


def test_a_revision_that_changes_nothing_of_what_a_person_may_do_is_no_drift(
    filled: dict[str, str], api: Api, admin: Caller
) -> None:
    path = f"/api/users/{filled['person']}"
    assert api.put(path, {"firstName": "Other"}, as_=admin).status_code == 200
    deliver_all()
    assert all(report.drift == 0 for service in settings.SERVICES for report in rebuild(service, check=True))
