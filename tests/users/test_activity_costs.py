"""What reading and tidying up the activity log costs: indexes, and how many documents are looked at."""

from typing import Any

import pytest
from bson import ObjectId

from core.documents.driver import database as mongo
from core.documents.driver import raw
from core.documents.scope import TenantScope
from services.users.accounts.models import ACTIVITIES, STATUS_HISTORY
from services.users.activity import queries
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.test_costs import costs
from tests.users.test_activity import CLEANUP, HISTORY_CLEANUP, ago, entry


def many() -> None:
    fields = {"severity": "low", "userId": ObjectId(), "description": "x", "createdAt": ago(1)}
    mongo("users")["useractivities"].insert_many(
        [
            {**fields, "tenantId": ObjectId(tenant), "type": ("login", "logout")[number % 2], "performedAt": ago(1)}
            for number in range(500)
            for tenant in (TENANT, OTHER_TENANT)
        ]
    )
    mongo("users")["userstatushistories"].insert_many(
        [{"tenantId": ObjectId(OTHER_TENANT), "changedAt": ago(900)} for _ in range(500)]
    )


@pytest.mark.parametrize("order", ["performedAt", "createdAt", "type", "severity"])
@pytest.mark.parametrize(
    "filters",
    [{}, {"type": "login"}, {"severity": "low"}, {"startDate": ago(3)}],
    ids=lambda filters: ",".join(filters) or "none",
)
def test_a_search_uses_an_index_and_sorts_nothing(database: None, filters: dict[str, Any], order: str) -> None:
    many()
    criteria = ACTIVITIES.scoped(TenantScope(TENANT)).visible(queries.criteria_of(filters))
    sort = queries.order_of({"sortBy": order, "sortOrder": "desc"})
    told = raw(ACTIVITIES).find(criteria).sort(list(sort)).limit(20).explain()
    plan = str(told["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
    assert "'stage': 'SORT'," not in plan
    # Every second entry is of the type: in another order than its index's, some are passed over.
    assert told["executionStats"]["totalDocsExamined"] <= 2 * 20


def test_statistics_look_at_no_document(database: None) -> None:
    many()
    scoped = ACTIVITIES.scoped(TenantScope(TENANT))
    pipeline = [{"$match": scoped.visible({})}, *queries.counters_since(ago(30))]
    command = {"aggregate": "useractivities", "pipeline": pipeline, "cursor": {}}
    told = str(mongo("users").command("explain", command, verbosity="executionStats"))
    assert "IXSCAN" in told
    assert "COLLSCAN" not in told
    assert "'totalDocsExamined': 0" in told


@pytest.mark.parametrize("path", [CLEANUP, HISTORY_CLEANUP])
def test_cleanup_looks_at_no_more_than_it_deletes(api: Api, admin: Caller, path: str) -> None:
    many()
    with costs("users") as statements:
        api.post(f"{path}?retentionDays=30", as_=admin)
    assert statements.examined == 0
    assert raw(STATUS_HISTORY).count_documents({}) == 500


def test_an_export_of_one_person_reads_that_person(database: None) -> None:
    many()
    one = entry("login")
    criteria = ACTIVITIES.scoped(TenantScope(TENANT)).visible(queries.criteria_of({"userId": str(one["userId"])}))
    told = raw(ACTIVITIES).find(criteria).sort([("performedAt", -1)]).explain()
    assert told["executionStats"]["totalDocsExamined"] == 1
