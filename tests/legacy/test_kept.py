"""The old system's documents through our updates, by API and by admin: nothing that nobody named is lost or gets another type.

Fifty documents of each collection; `make data-test` does it with ten thousand and tells how long it took."""

import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId
from django.core.cache import caches
from django.test import Client
from pymongo.collection import Collection

from core.documents.driver import database as mongo
from core.documents.schemas import faults_of, schemas_of
from services.leads.communication.actions import note_report
from services.leads.queueing.actions import adopt
from services.users.accounts import actions as people
from services.users.invitations import actions as invitations
from tests import revisions
from tests.conftest import TENANT, Api, Caller
from tests.core.test_admin import auth_server, sign_in, site
from tests.legacy.documents import Document, Model
from tests.legacy.unknown import planted, sprinkled, typed

__all__ = ["auth_server", "site"]

COUNT = int(os.environ.get("LEADMESH_DOCUMENTS", "50"))
_BATCH = 200
PERSON = "64f0000000000000000000a1"
PAST, FUTURE = datetime(2024, 5, 6, 7, 8, 9, 123000, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
PLACE = {"street": "1 Oak St", "city": "Austin", "state": "TX", "zipCode": "78701", "country": "US"}
SECURITY = {"requireMfa": True, "sessionTimeout": 5, "ipWhitelist": []}
# What every update changes.
_STAMPS = {"updatedAt", "updatedBy", "rev"}


@dataclass(frozen=True)
class Kind:
    """A collection of the old system. make: a document's members; api: updates one; action: of its admin page, done by `who`;
    touched: members that these change, whole or inside."""

    service: str
    name: str
    make: Callable[[int], Document]
    touched: set[str]
    api: Callable[[Api, Document], Any] | None = None
    page: str = ""
    action: str = ""
    who: str = "admin@x.test"
    references: tuple[str, ...] = ()

    @property
    def collection(self) -> Collection[Document]:
        return mongo(self.service)[self.name]


def _lead(number: int) -> Document:
    contact = {"firstName": "Ann", "lastName": "Old", "email": f"Old.{number}@x.test", "phone": f"512{number:07}"}
    happened = {"type": "other", "description": "imported", "timestamp": PAST, "userId": ObjectId(PERSON)}
    wishes = {"propertyType": ["land"], "transactionType": "sell", "maxPrice": 100_000}
    return {
        **{
            "leadId": str(uuid.uuid4()),
            "tenantId": TENANT,
            "status": "new",
            "source": "referral",
            "priority": "medium",
        },
        "contactInfo": {**contact, "alternatePhone": "1", "address": PLACE, "timeZone": "UTC"},
        **{"propertyPreferences": wishes, "customFields": {"deal": {"id": number}}, "tags": ["a", "b"]},
        **{
            "assignedTo": PERSON,
            "createdBy": PERSON,
            "activities": [happened],
            "communicationHistory": [],
            "offers": [],
        },
    }


def _change_lead(api: Api, lead: Document) -> Any:
    contact = {"firstName": "New", "lastName": "Name", "email": f"new.{lead['_id']}@x.test", "phone": "+15125550100"}
    wishes = {"propertyType": ["land"], "transactionType": "sell", "preferredLocations": [], "mustHaveFeatures": []}
    wishes |= {"niceToHaveFeatures": [], "dealBreakers": [], "timeline": "flexible"}
    body = {"status": "contacted", "contactInfo": {**contact, "preferredContactMethod": "sms", "address": PLACE}}
    return api.put(
        f"/api/leads/{lead['_id']}", {**body, "propertyPreferences": wishes, "notes": "n"}, as_=Caller("admin")
    )


def _buyer(number: int) -> Document:
    named = {"companyName": f"Old {number}", "contactName": "Bo", "email": f"B{number}@x.test", "phone": "512-555-0100"}
    box = {"zipCodes": ["78701"], "states": ["TX"], "cities": ["Austin"]}
    return {"tenantId": TENANT, **named, "buyBox": box, "buyerType": "investor", "isActive": True}


def _change_buyer(api: Api, buyer: Document) -> Any:
    body = {"companyName": "New", "isActive": False, "buyBox": {"zipCodes": ["1"], "states": ["FL"], "cities": []}}
    return api.put(f"/api/buyers/{buyer['_id']}", body, as_=Caller("admin"))


def _user(number: int) -> Document:
    profile = {"phone": "5125550100", "bio": "b", "address": PLACE, "socialMedia": {"twitter": "https://x.test/a"}}
    settings = {"theme": "dark", "notifications": {"email": True, "sms": False, "push": True}}
    told = {
        "email": f"old{number}@x.test",
        "firstName": "Old",
        "lastName": "One",
        "status": "active",
        "roles": ["user"],
    }
    return {**told, "tenantId": TENANT, "profile": profile, "settings": settings, "metadata": {"a": 1}, "tags": []}


def _change_user(api: Api, user: Document) -> Any:
    body = {"firstName": "New", "profile": {"bio": "c", "address": {"city": "Waco"}, "socialMedia": {}}}
    body["settings"] = {"theme": "light", "notifications": {"email": False}}
    return api.put(f"/api/users/{user['_id']}", body, as_=Caller("admin"))


def _tenant(number: int) -> Document:
    settings = {
        "companyName": "Old",
        "timezone": "UTC",
        "locale": "en",
        "currency": "USD",
        "security": {"requireMfa": True},
    }
    limits = {"maxUsers": 5, "maxLeads": 5, "maxStorage": 5, "adminIds": [ObjectId()], "memberIds": [str(ObjectId())]}
    named = {"name": f"Old {number}", "subdomain": f"old{number}", "tenantId": str(uuid.uuid4()), "status": "active"}
    return {
        **named,
        **limits,
        "plan": "basic",
        "settings": settings,
        "ownerId": PERSON,
        "createdBy": PERSON,
        "address": PLACE,
    }


def _change_tenant(api: Api, tenant: Document) -> Any:
    settings = {"companyName": "New", "timezone": "UTC", "locale": "en", "currency": "USD", "security": SECURITY}
    body = {"settings": settings, "address": {**PLACE, "city": "Waco"}, "phone": "1"}
    return api.put(f"/api/tenants/{tenant['tenantId']}", body, as_=Caller("SUPER_ADMIN", None))


def _role(number: int) -> Document:
    named = {"name": f"old{number}", "displayName": "Old", "type": "custom", "isActive": True, "inheritedRoles": []}
    return {**named, "tenantId": TENANT, "permissions": ["buyers:read"], "metadata": {"a": {"b": 1}}}


def _held(number: int) -> Document:
    person, role = _user(number), _role(number)
    person_id = mongo("users")["users"].insert_one({**person, "tenantId": ObjectId(TENANT)}).inserted_id
    role_id = mongo("users")["roles"].insert_one({**role, "tenantId": ObjectId(TENANT)}).inserted_id
    given = {"assignedAt": PAST, "assignedBy": PERSON, "reason": "old", "metadata": {"a": 1}}
    return {"userId": person_id, "roleId": role_id, "tenantId": TENANT, "isActive": True, **given}


def _revoke(api: Api, held: Document) -> Any:
    if held["_id"].binary[-1] % 2:
        return None
    return api.delete(f"/api/rbac/users/{held['userId']}/roles/{held['roleId']}", as_=Caller("admin"))


def _invitation(number: int) -> Document:
    sent = {"email": f"i{number}@x.test", "token": f"$2b$10${number}", "invitedBy": PERSON, "status": "pending"}
    return {**sent, "expiresAt": FUTURE, "roles": ["user"], "tenantId": TENANT, "metadata": {"campaignId": {"n": 1}}}


def _preferences(number: int) -> Document:
    person = {**_user(number), "tenantId": ObjectId(TENANT)}
    changed = {"field": "ui.theme", "oldValue": "a", "newValue": {"b": 1}, "changedAt": PAST, "changedBy": PERSON}
    stored = {"ui": {"theme": "auto", "language": "de"}, "privacy": {"analytics": False}}
    user_id = str(mongo("users")["users"].insert_one(person).inserted_id)
    return {"userId": user_id, "preferences": stored, "changeHistory": [changed]}


def _change_preferences(api: Api, preferences: Document) -> Any:
    mails = {"marketing": False, "security": True, "updates": True, "frequency": "never"}
    look = {"theme": "dark", "language": "en", "timezone": "UTC", "dateFormat": "YYYY-MM-DD"}
    body = {"preferences": {"ui": look, "emailNotifications": mails}}
    return api.put(f"/api/users/{preferences['userId']}/preferences", body, as_=Caller("admin"))


def _item(number: int) -> Document:
    lead_id = mongo("leads")["leads"].insert_one(_lead(number)).inserted_id
    return {"leadId": str(lead_id), "priority": 2, "status": "pending", "tags": ["x"], "metadata": {"a": 1}}


def _assignment(number: int) -> Document:
    given = {"leadId": str(ObjectId()), "agentId": PERSON, "status": "pending", "assignmentType": "manual"}
    return {**given, "tenantId": TENANT, "metadata": {"a": 1}, "notes": "x"}


def _message(number: int) -> Document:
    told = {"userId": PERSON, "tenantId": TENANT, "to": "1", "from": "2", "content": "c", "messageId": f"SM{number}"}
    return {**told, "type": "sms", "direction": "outbound", "status": "queued", "metadata": {"a": 1}, "leadId": PERSON}


def _session(number: int) -> Document:
    told = {"sessionToken": f"old{number}", "ipAddress": "1.2.3.4", "userAgent": "u", "deviceInfo": {"os": "x"}}
    times = {"lastActivity": PAST, "expiresAt": FUTURE, "isActive": True}
    return {**told, **times, "userId": str(ObjectId()), "tenantId": TENANT, "activityLog": [{"action": "a"}]}


def _factor(number: int) -> Document:
    told = {"userId": str(ObjectId()), "tenantId": TENANT, "secret": "JBSWY3DPEHPK3PXP", "isEnabled": True}
    return {**told, "isVerified": True, "failedAttempts": 5, "lockedUntil": FUTURE, "activityLog": [{"action": "a"}]}


KINDS = (
    Kind("leads", "leads", _lead, {"status", "contactInfo", "propertyPreferences", "notes", "activities", "emailKey", "phoneKey",
         "deletedAt"}, _change_lead, "leads_leads/lead", "delete_softly", references=("assignedTo", "createdBy")),
    Kind("leads", "queueitems", _item, {"priority", "tenantId"},
         lambda api, item: api.put(f"/api/leads/queue/{item['_id']}/priority", {"priority": 9}, as_=Caller("manager"))),
    Kind("leads", "assignments", _assignment, {"status", "open", "responseTime", "acceptedAt", "notes"},
         lambda api, one: api.put(f"/api/leads/assign/{one['_id']}/status", {"status": "accepted", "notes": "n"},
                                  as_=Caller("admin")), "leads_assignment/assignment", "take_back"),
    Kind("leads", "communicationlogs", _message, {"status"},
         lambda api, one: note_report(one["messageId"], "delivered", None), references=("leadId",)),
    Kind("buyers", "buyers", _buyer, {"companyName", "isActive", "buyBox", "deletedAt", "emailKey"}, _change_buyer,
         "buyers_buyers/buyer", "delete_softly"),
    Kind("users", "users", _user, {"firstName", "profile", "settings", "status"}, _change_user, "users_accounts/user",
         "suspend", references=("tenantId",)),
    Kind("users", "tenants", _tenant, {"settings", "address", "phone", "status"}, _change_tenant, "users_tenants/tenant",
         "suspend", "super_admin@x.test", references=("ownerId", "createdBy")),
    Kind("users", "roles", _role, {"displayName", "isActive", "guard"},
         lambda api, role: api.put(f"/api/rbac/roles/{role['_id']}", {"displayName": "New"}, as_=Caller("admin")),
         "users_roles/role", "deactivate", references=("tenantId",)),
    Kind("users", "userroles", _held, {"isActive", "reason", "revokedAt", "revokedBy", "stale"}, _revoke,
         "users_roles/userrole", "revoke", references=("tenantId", "assignedBy")),
    Kind("users", "userinvitations", _invitation, {"token", "expiresAt", "status"},
         lambda api, one: api.put(f"/api/admin/invitations/{one['_id']}/resend", as_=Caller("admin")),
         "users_invitations/invitation", "cancel", references=("tenantId", "invitedBy")),
    Kind("users", "userpreferences", _preferences, {"preferences", "changeHistory"}, _change_preferences,
         "users_preferences/userpreferences", "reset", "super_admin@x.test"),
    Kind("auth", "sessions", _session, {"isActive", "terminatedAt", "terminationReason", "expiresAt"}, None,
         "auth_sessions/session", "end_sessions", references=("userId", "tenantId")),
    Kind("auth", "mfas", _factor, {"failedAttempts", "lockedUntil"}, None, "auth_mfa/secondfactor", "unlock",
         references=("userId", "tenantId")),
)  # fmt: skip
# Nothing here changes one that is there: they are written once, and deleted.
WRITTEN_ONCE = {"useractivities", "userstatushistories", "passwordresettokens"}


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mails, and no end to how often one person may do something."""
    for module in (people, invitations):
        monkeypatch.setattr(module, "enqueue", lambda *words: None)


def stored_by_the_old_system(kind: Kind, draw: random.Random) -> list[Document]:
    model = Model(kind.collection, references=kind.references)
    keys = [model.create(sprinkled(draw, kind.make(number)))["_id"] for number in range(COUNT)]
    # As they were stored: the driver gives some types another form than they had.
    return list(kind.collection.find({"_id": {"$in": keys}}))


def fresh(kind: Kind, documents: list[Document]) -> Iterator[tuple[Document, Document]]:
    """Each document as it was, and as it is."""
    for before in documents:
        after = kind.collection.find_one({"_id": before["_id"]})
        assert after is not None
        yield before, after


def act(admin: Client, kind: Kind, documents: list[Document]) -> None:
    """Carry out the admin's action for all of them, and send the form of one."""
    path = f"/admin/monolith/{kind.page}/"
    admin.post(f"{path}{documents[0]['_id']}/change/", {"status": "hacked", "email": "hacked@x.test"})
    for start in range(0, len(documents), _BATCH):
        chosen = [str(one["_id"]) for one in documents[start : start + _BATCH]]
        answer = admin.post(path, {"action": kind.action, "_selected_action": chosen, "select_across": "0"})
        assert answer.status_code == 302, answer.content[:500]


def test_every_collection_of_the_old_system_is_here() -> None:
    known = {name for service in ("auth", "users", "leads", "buyers") for name in schemas_of(service)}
    assert {kind.name for kind in KINDS} | WRITTEN_ONCE == known


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_nobody_named_is_kept(site: Client, quiet: None, kind: Kind, capsys: Any) -> None:
    draw, api, started = random.Random(12), Api(), time.perf_counter()
    mongo("leads")["leadsdirectory"].insert_one({"_id": PERSON, "tenantId": TENANT, "name": "P", "status": "active"})
    documents = stored_by_the_old_system(kind, draw)
    revisions.arranged.update(str(one["_id"]) for one in mongo("users")["users"].find({"rev": None}, {"_id": 1}))
    assert all(not [*faults_of(one, schemas_of(kind.service)[kind.name])] for one in documents)
    adopt()
    for document in documents if kind.api else ():
        answer = kind.api(api, document)  # type: ignore[misc]
        assert answer in (True, None) or answer.status_code < 300, answer.content
        caches["memory"].clear()
    if kind.name == "queueitems":
        return check(kind, documents, capsys, started)
    if kind.action:
        sign_in(site, kind.who)
        act(site, kind, documents)
    return check(kind, documents, capsys, started)


def check(kind: Kind, documents: list[Document], capsys: Any, started: float) -> None:
    seen = 0
    for before, after in fresh(kind, documents):
        # A change of the document by us, if only one of the two ways changed it.
        assert after.get("rev"), after
        assert sorted(planted(before)) == sorted(planted(after))
        untouched = before.keys() - kind.touched - _STAMPS
        assert {name: typed(before[name]) for name in untouched} == {name: typed(after.get(name)) for name in untouched}
        seen += sum(1 for _ in planted(before))
    assert not [
        fault for _, after in fresh(kind, documents) for fault in faults_of(after, schemas_of(kind.service)[kind.name])
    ]
    if COUNT > 50:
        with capsys.disabled():
            seconds = time.perf_counter() - started
            print(
                f"\n{kind.name}: {len(documents)} documents, {seen} unknown members kept, {seconds:.0f} s", flush=True
            )
