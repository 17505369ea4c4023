"""Event handlers of matching for leads and buyers."""

from typing import cast

from core.documents.scope import TenantScope
from core.events.envelope import Event
from core.events.handlers import handles
from core.events.projections import upsert_newer
from services.buyers.matching.actions import match_buyer, match_lead
from services.buyers.matching.documents import LeadDocument
from services.buyers.matching.models import LEADS

_LEAD_EVENTS = ("lead.created", "lead.updated", "lead.status_changed", "lead.assigned", "lead.deleted")


@handles(*_LEAD_EVENTS, service="buyers")
def lead_changed(event: Event) -> None:
    """Keep the copy of a lead and match it again."""
    if event.tenant_id is None:
        return
    lead = event.payload.members(without=("id",)) | {"tenantId": event.tenant_id}
    if upsert_newer(LEADS, event.entity_id, event.version, lead) is not None:
        match_lead(TenantScope(event.tenant_id), cast(LeadDocument, lead | {"_id": event.entity_id}))


@handles("buyer.created", "buyer.updated", "buyer.deleted", service="buyers")
def buyer_changed(event: Event) -> None:
    """Match a buyer again."""
    if event.tenant_id is not None:
        match_buyer(TenantScope(event.tenant_id), event.entity_id)
