"""The engine: a page of the admin reads about one page of documents."""

from typing import Any

import pytest
from bson import ObjectId
from pymongo import DESCENDING

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.documents.scope import TenantScope, activate
from services.leads.leads.models import Lead

TENANT = "64b000000000000000000001"


@pytest.fixture
def many(database: None) -> None:
    moment = now()
    documents = [
        {"_id": ObjectId(), "tenantId": TENANT, "leadId": str(number), "status": "new", "createdAt": moment}
        for number in range(2_000)
    ]
    mongo("leads")["leads"].insert_many(documents)


def examined(queryset: Any) -> int:
    compiler = queryset.query.get_compiler("leads")
    compiler.pre_sql_setup()
    pipeline = compiler.build_query().get_pipeline()
    command = {"aggregate": "leads", "pipeline": pipeline, "cursor": {}}
    told = mongo("leads").command("explain", command, verbosity="executionStats")
    stats = told.get("executionStats") or told["stages"][0]["$cursor"]["executionStats"]
    return int(stats["totalDocsExamined"])


@pytest.mark.parametrize("ordering", ["-created_at", "created_at"])
def test_a_sorted_page_examines_about_a_page(many: None, ordering: str) -> None:
    with activate(TenantScope(None, everywhere=True)):
        mongo("leads")["leads"].create_index([("createdAt", DESCENDING)], name="test_createdAt")
        try:
            assert examined(Lead.objects.order_by(ordering)[:25]) <= 25
        finally:
            mongo("leads")["leads"].drop_index("test_createdAt")


def test_a_tenants_sorted_page_examines_about_a_page(many: None) -> None:
    with activate(TenantScope(TENANT)):
        assert examined(Lead.objects.order_by("-created_at", "-id")[:25]) <= 50


def test_ordering_by_an_expression_still_works(many: None) -> None:
    from django.db.models.functions import Lower

    with activate(TenantScope(TENANT)):
        found = [lead.lead_id for lead in Lead.objects.order_by(Lower("lead_id"))[:3]]
    assert found == ["0", "1", "10"]
