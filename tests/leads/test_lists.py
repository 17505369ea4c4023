"""What lists cost in a tenant of a hundred thousand leads: every filter with every order."""

import itertools
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.scope import TenantScope
from services.leads.leads.models import LEADS, PAGED_BY
from services.leads.leads.queries import criteria_of, order_of
from services.leads.leads.rules import PRIORITIES, SOURCES, STATUSES
from tests.conftest import TENANT, Api, Caller, forget
from tests.system.platform import lead_body

MANY, PAGE, BATCH = 100_000, 20, 5_000
START = datetime(2024, 1, 1, tzinfo=UTC)
AGENTS = [str(ObjectId()) for _ in range(40)]
TAGS = ("vip", "hot", "cold", "probate", "absentee", "vacant", "tired", "repeat")
FILTERS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "status": {"status": "new"},
    "source": {"source": "website"},
    "priority": {"priority": "high"},
    "status and priority": {"status": "contacted", "priority": "low"},
    "createdBefore": {"createdBefore": START + timedelta(minutes=MANY * 0.1)},
    "lastContactAfter": {"lastContactAfter": START + timedelta(days=600)},
    "nextFollowUpBefore": {"nextFollowUpBefore": START + timedelta(days=100)},
    "minScore": {"minScore": 90},
    "maxScore and source": {"maxScore": 20, "source": "referral"},
}
# The leads of a person, a tag or the last weeks in another order than by creation: MongoDB may sort just these instead of
# walking all of the tenant's in that order.
FEW = {
    "assignedTo": {"assignedTo": AGENTS[0]},
    "tags": {"tags": ["vip"]},
    "two tags": {"tags": ["vip", "hot"]},
    "createdAfter": {"createdAfter": START + timedelta(minutes=MANY * 0.9)},
}


@pytest.fixture(scope="module")
def tenant(prepared_databases: None) -> Iterator[TenantScope]:
    """A tenant of a hundred thousand leads of every kind."""
    leads, chance = mongo("leads")["leads"], random.Random(7)
    indexes = [dict(spec) for spec in leads.list_indexes()]
    # Indexes are built faster at once than lead by lead, and dropped faster than emptied.
    leads.drop()
    for start in range(0, MANY, BATCH):
        leads.insert_many([some_lead(number, chance) for number in range(start, start + BATCH)], ordered=False)
    mongo("leads").command("createIndexes", leads.name, indexes=indexes)
    yield TenantScope(TENANT, str(ObjectId()))
    leads.drop()
    mongo("leads").command("createIndexes", leads.name, indexes=indexes)


def some_lead(number: int, chance: random.Random) -> dict[str, Any]:
    lead = {
        "_id": ObjectId(),
        "leadId": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "tenantId": TENANT,
        "status": chance.choice(STATUSES),
        "source": chance.choice(SOURCES),
        "priority": chance.choice(PRIORITIES),
        "assignedTo": chance.choice(AGENTS),
        "createdAt": START + timedelta(minutes=number),
        "updatedAt": START + timedelta(minutes=chance.randrange(10**6)),
        "score": chance.randrange(101),
        "tags": chance.sample(TAGS, 2),
        "contactInfo": lead_body("")["contactInfo"],
    }
    for name in ("nextFollowUpDate", "lastContactDate", "expectedCloseDate"):
        if chance.random() < 0.5:
            lead[name] = START + timedelta(minutes=chance.randrange(10**6))
    if chance.random() < 0.3:
        lead["closeValue"] = chance.randrange(10**6)
    return lead


def told(scope: TenantScope, filters: dict[str, Any], field: str, order: str) -> dict[str, Any]:
    """What MongoDB tells of a page's statement."""
    query = {**filters, "sortBy": field, "sortOrder": order}
    cursor: Any = LEADS.scoped(scope).find(criteria_of(scope, query), sort=order_of(query), limit=PAGE)
    explained = dict(cursor.explain())
    assert "COLLSCAN" not in str(explained["queryPlanner"]["winningPlan"])
    return dict(explained["executionStats"])


@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS.keys())
def test_a_page_fetches_what_it_shows(tenant: TenantScope, filters: dict[str, Any]) -> None:
    wasteful = []
    for field, order in itertools.product(PAGED_BY, ("asc", "desc")):
        stats = told(tenant, filters, field, order)
        if stats["totalDocsExamined"] > 3 * max(stats["nReturned"], 1):
            wasteful.append((field, order, stats["totalDocsExamined"]))
    assert not wasteful


@pytest.mark.parametrize("filters", FEW.values(), ids=FEW.keys())
def test_a_page_of_few_fetches_no_others(tenant: TenantScope, filters: dict[str, Any]) -> None:
    matching = LEADS.scoped(tenant).count(criteria_of(tenant, {**filters}))
    for field, order in itertools.product(PAGED_BY, ("asc", "desc")):
        assert told(tenant, filters, field, order)["totalDocsExamined"] <= matching
    assert told(tenant, filters, "createdAt", "desc")["totalDocsExamined"] <= 3 * PAGE


def test_a_large_total_is_counted_once_for_many_requests(tenant: TenantScope) -> None:
    forget()
    api, agent, counted = Api(), Caller("admin", TENANT), []
    for _ in range(3):
        answer = api.get(f"/api/leads?limit={PAGE}", as_=agent).json()
        counted.append((len(answer["leads"]), answer["total"]))
    assert counted == [(PAGE, MANY)] * 3
    # One more lead: the remembered total is shown until it is counted again; the page is always fresh.
    fresh = some_lead(MANY, random.Random(1)) | {"createdAt": now()}
    mongo("leads")["leads"].insert_one(fresh)
    answer = api.get(f"/api/leads?limit={PAGE}", as_=agent).json()
    assert (answer["leads"][0]["leadId"], answer["total"]) == (fresh["leadId"], MANY)
    mongo("leads")["leads"].delete_one({"_id": fresh["_id"]})
