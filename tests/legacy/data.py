"""What the old system has in its database on the day before: a company, its people, leads and buyers, as Mongoose stored them."""

import uuid
from typing import Any

import bcrypt
from bson import ObjectId
from pymongo.database import Database

from ops.demo.data import buyers, leads
from ops.seed import people
from tests.legacy.documents import Document, Model
from tests.legacy.leads import model

LEADS, BUYERS, AGENTS = 60, 20, 40
# A stand-in guards nothing: the cheapest hash there is.
_ROUNDS = 4


def load(database: Database[Document]) -> bool:
    """Fill an empty database; return whether it was empty."""
    if database["users"].find_one() is not None:
        return False
    told = people()
    tenant = told["tenants"][0]
    for one in told["tenants"]:
        _tenant(database, one)
    password = bcrypt.hashpw(told["password"].encode(), bcrypt.gensalt(_ROUNDS)).decode()
    agents = [_agent(number, tenant["_id"]) for number in range(AGENTS)]
    users = Model(database["users"], {"roles": ["user"], "permissions": [], "tags": []}, references=("tenantId",))
    for person in [*told["people"], *agents]:
        given = {name: value for name, value in person.items() if value is not None}
        users.create({**given, "_id": ObjectId(person["_id"]), "status": "active", "password": password})
    _records(database, tenant["_id"], next(one["_id"] for one in told["people"] if one["roles"] == ["user"]))
    return True


def _tenant(database: Database[Document], one: dict[str, Any]) -> None:
    limits = {"maxUsers": 100, "maxLeads": 100_000, "maxStorage": 10_240, "adminIds": [], "memberIds": []}
    settings = {"companyName": one["name"], "timezone": "UTC", "locale": "en-US", "currency": "USD"}
    fields = {**limits, **one, "_id": ObjectId(one["_id"]), "settings": settings, "createdBy": one["ownerId"]}
    Model(database["tenants"], references=("ownerId", "createdBy")).create(fields)


def _agent(number: int, tenant: str) -> dict[str, Any]:
    named = {"firstName": f"Agent{number:02}", "lastName": "Acme", "email": f"agent{number:02}@acme.test"}
    return {"_id": f"64f0000000000000000001{number:02}", **named, "roles": ["user"], "tenantId": tenant}


def _records(database: Database[Document], tenant: str, owner: str) -> None:
    by = {"createdBy": owner, "updatedBy": owner, "tenantId": tenant}
    for body in leads(LEADS, [owner]):
        model(database).create({**body, **by, "leadId": str(uuid.uuid4())})
    for body in buyers(BUYERS):
        Model(database["buyers"], {"isActive": True}).create({**body, "tenantId": tenant})
