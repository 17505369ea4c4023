"""The old system's schemas: what they refuse, and that it can read what every collection gets from us.

Every other test looks as well: `tests.readable` checks what it stored when it ends."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
from bson import Decimal128, Int64, ObjectId
from django.conf import settings

from core.api.validation import Body
from core.documents.driver import database as mongo
from core.documents.keeping import keeping
from core.documents.schemas import faults_of, schemas_of
from core.events.testing import deliver_all
from services.auth.audit.actions import Origin
from services.auth.passwords.resets import request_reset
from services.buyers.buyers.rules import SENT as OF_BUYERS
from services.buyers.buyers.serializers import CreateBuyerBody
from services.leads.leads.rules import SENT as OF_LEADS
from services.leads.leads.serializers import CreateLeadBody, UpdateLeadBody
from services.users.accounts.rules import SENT as OF_USERS
from services.users.accounts.serializers import UpdateUserBody
from services.users.tenants.rules import SENT as OF_TENANTS
from services.users.tenants.serializers import UpdateTenantBody
from tests import readable
from tests.conftest import Api, Caller
from tests.leads.test_queue import hire
from tests.users.test_roles import BUYER

ACCOUNT = {
    "email": "ann@new.test",
    "password": "Str0ng!pass",
    "firstName": "Ann",
    "lastName": "Lee",
    "companyName": "New Co",
}
TENANT_BODY = {"name": "New Co", "subdomain": "newco"}


def sent(api: Api, method: str, path: str, body: Any = None, as_: Any = None) -> Any:
    answer = api.request(method, path, body, as_=as_)
    assert answer.status_code < 300, (path, answer.content)
    deliver_all()
    return answer.json() if answer.content else None


def test_the_old_system_can_read_what_every_collection_gets(api: Api) -> None:
    """A founder's first day, so that there is a document of each kind; `readable.faults` then looks at them all."""
    sent(api, "POST", "/api/auth/register", ACCOUNT)
    login = {"email": ACCOUNT["email"], "password": ACCOUNT["password"]}
    registered = sent(api, "POST", "/api/auth/login", login)
    sent(api, "GET", "/api/users/me", as_=registered["accessToken"])
    # What the worker does for POST /api/auth/forgot-password.
    request_reset(ACCOUNT["email"], Origin("203.0.113.1", "test"))
    user_id = registered["user"]["id"]
    secret = sent(api, "POST", "/api/auth/mfa/setup", as_=registered["accessToken"])["secret"]
    sent(api, "POST", "/api/auth/mfa/verify", {"code": pyotp.TOTP(secret).now()}, registered["accessToken"])
    sent(api, "POST", "/api/tenants", TENANT_BODY, registered["accessToken"])
    tenant = mongo("users")["tenants"].find_one({"subdomain": "newco"}) or {}
    founder = Caller("admin", str(tenant["_id"]), user_id)
    sent(api, "POST", f"/api/tenants/{tenant['tenantId']}/activate", as_=Caller("SUPER_ADMIN", None))
    _of_users(api, founder)
    _of_leads(api, founder)
    sent(api, "POST", "/api/buyers", BUYER, founder)
    filled = {
        name
        for service in settings.SERVICES
        for name in schemas_of(service)
        if mongo(service)[name].find_one({"rev": {"$gt": 0}})
    }
    assert filled == {name for service in settings.SERVICES for name in schemas_of(service)}
    assert readable.faults() == []


def _of_users(api: Api, founder: Caller) -> None:
    body = {"email": "bob@new.test", "firstName": "Bob", "lastName": "Ray"}
    bob = sent(api, "POST", "/api/users", body, founder)["data"]["user"]["_id"]
    sent(api, "PUT", f"/api/users/{bob}/status", {"status": "active", "reason": "by admin"}, founder)
    sent(api, "GET", "/api/users/preferences", as_=founder)
    sent(api, "POST", "/api/admin/invitations", {"email": "eve@new.test", "roles": ["user"]}, founder)
    role = sent(
        api, "POST", "/api/rbac/roles", {"name": "r", "displayName": "R", "permissions": ["buyers:read"]}, founder
    )
    sent(api, "POST", f"/api/rbac/users/{bob}/roles", {"userId": bob, "roleId": role["id"]}, founder)


def _of_leads(api: Api, founder: Caller) -> None:
    contact = {"firstName": "Sam", "lastName": "Sells", "email": "sam@x.test", "phone": "512-555-0100"}
    body = {
        "source": "website",
        "contactInfo": {**contact, "preferredContactMethod": "sms"},
        "assignedTo": founder.user_id,
    }
    lead = sent(api, "POST", "/api/leads", body, founder)
    sent(api, "POST", "/api/leads/queue/add", {"leadId": lead["_id"]}, founder)
    agent = Caller("user", founder.tenant_id)
    hire(agent)
    given = {"leadId": lead["_id"], "agentId": agent.user_id}
    assert sent(api, "POST", "/api/leads/assign/manual", given, founder)["success"]
    sent(api, "POST", f"/api/leads/communication/lead/{lead['_id']}/sms", {"message": "Hello"}, founder)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"status": None}, ("status", "missing")),
        ({"source": ""}, ("source", "missing")),
        ({"priority": "huge"}, ("priority", "enum")),
        ({"score": "9"}, ("score", "type")),
        ({"score": Decimal128("9")}, ("score", "type")),
        ({"score": True}, ("score", "type")),
        ({"_id": "abc"}, ("_id", "type")),
        ({"assignedTo": 5}, ("assignedTo", "type")),
        ({"activities": [1]}, ("activities", "type")),
        ({"createdAt": "2024-01-01"}, ("createdAt", "type")),
        ({"contactInfo": []}, ("contactInfo", "type")),
    ],
)
def test_what_the_old_system_cannot_read(change: Mapping[str, object], fault: tuple[str, str]) -> None:
    told = {
        "leadId": "u",
        "tenantId": "t",
        "status": "new",
        "source": "other",
        "contactInfo": {},
        "assignedTo": ObjectId(),
    }
    good = {
        "_id": ObjectId(),
        **told,
        "score": Int64(4),
        "activities": [{}, None],
        "createdAt": datetime.now(UTC),
        "zz": b"x",
    }
    schema = schemas_of("leads")["leads"]
    assert [*faults_of(good, schema)] == []
    assert [(found.member, found.kind) for found in faults_of({**good, **change}, schema)] == [fault]


# -- objects that a request replaces -----------------------------------------------------------------------------------
def test_what_nobody_can_send_stays_and_what_was_not_sent_goes() -> None:
    known = {"box": {"a": None, "deep": {"b": None}, "free": None}}
    stored = {"box": {"a": 1, "x": 2, "deep": {"b": 3, "y": 4}, "free": {"z": 5}}}
    changes = {"box": {"deep": {}, "free": {}}, "other": {}}
    assert keeping(stored, changes, known) == {"box": {"x": 2, "deep": {"y": 4}, "free": {}}, "other": {}}
    for there in (None, 5, [1]):
        assert keeping({"box": there}, changes, known) == changes
    assert keeping(stored, {"box": None}, known) == {"box": None}


@pytest.mark.parametrize(
    ("body", "known"),
    [(CreateLeadBody, OF_LEADS), (UpdateLeadBody, OF_LEADS), (CreateBuyerBody, OF_BUYERS), (UpdateUserBody, OF_USERS),
     (UpdateTenantBody, OF_TENANTS)],
)  # fmt: skip
def test_all_that_can_be_sent_is_known(body: type[Body], known: Mapping[str, Any]) -> None:
    """A member that is missing there would stay when a client leaves it out."""
    assert _members(body()).items() <= _names(known).items()


def _members(body: Body) -> dict[str, Any]:
    return {name: _within(field) for name, field in body.fields.items() if isinstance(field, Body)}


def _within(body: Body) -> dict[str, Any]:
    # An address is of any shape there, and known by the members that it has in the contract.
    address = ["city", "country", "state", "street", "zipCode"]
    return {
        name: _within(field)
        if isinstance(field, Body)
        else dict.fromkeys(address)
        if type(field).__name__ == "_Address"
        else None
        for name, field in sorted(body.fields.items())
    }


def _names(known: Any) -> Any:
    return {name: _names(known[name]) for name in sorted(known)} if isinstance(known, Mapping) and known else None
