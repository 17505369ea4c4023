"""Admin pages of queue, assignments and agents: what they find, and their actions."""

from collections.abc import Iterator
from typing import Any

import pytest
from bson import ObjectId
from django.contrib.admin import site

from core.documents.scope import TenantScope, activate
from core.identity.tokens import verify
from services.leads.assignment.models import Assignment
from services.leads.leads.models import Lead
from services.leads.queueing.models import QueueItem
from tests.conftest import TENANT, Api, Caller
from tests.leads.test_assignment import manual, owner_of
from tests.leads.test_leads import create
from tests.leads.test_queue import add, hire
from tests.leads.test_queue_claims import old


@pytest.fixture
def pages(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Admin pages as an administrator has them, without signing in: that is tests/core/test_admin.py's."""

    def page(model: Any) -> Any:
        found = site._registry[model]
        principal = verify(admin.token)
        monkeypatch.setattr("core.admin.site.principal_of", lambda request: principal)
        return found

    with activate(TenantScope(TENANT)):
        yield page


def test_items_are_found_by_lead_and_removed(api: Api, admin: Caller, pages: Any) -> None:
    first, second = add(api, admin), add(api, admin)
    old(ObjectId(second["leadId"]), tenantId=TENANT)
    page = pages(QueueItem)
    for term, found in ((first["leadId"], 1), (second["leadId"], 2), ("", 3), ("x", 0)):
        results, _ = page.get_search_results(None, QueueItem.objects.all(), term)
        assert len(list(results)) == found, term
    page.remove_items(None, QueueItem.objects.filter(lead_id=first["leadId"]))
    assert QueueItem.objects.count() == 2


def test_leads_are_taken_back(api: Api, manager: Caller, pages: Any) -> None:
    agent, lead = Caller("user"), create(api, manager)
    hire(agent)
    add(api, manager, lead)
    manual(api, manager, lead, agent)
    page = pages(Assignment)
    for _ in range(2):
        page.take_back(None, Assignment.objects.all())
        assert [row.status for row in Assignment.objects.all()] == ["rejected"]
    assert owner_of(lead) == lead["assignedTo"]
    assert [item.status for item in QueueItem.objects.all()] == ["pending"]


def test_what_one_refuses_is_told_and_the_others_are_deleted(
    api: Api, admin: Caller, manager: Caller, pages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else deletes a chosen lead in between: no error page, and no lead after it is left out."""
    create(api, manager)
    create(api, manager)
    chosen = list(Lead.objects.all())
    told: list[str] = []
    page = pages(Lead)
    monkeypatch.setattr(page, "message_user", lambda request, text, level: told.append(text))
    assert api.delete(f"/api/leads/{chosen[0].pk}", as_=admin).status_code == 204
    page.delete_softly(None, chosen)
    assert told == [f"{chosen[0]}: Lead not found"]
    assert [lead for lead in Lead.objects.all() if lead.deleted_at is None] == []
