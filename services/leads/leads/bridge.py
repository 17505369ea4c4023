"""What a change of a lead by the old system means."""

from core.bridge.sources import follow
from services.leads.leads.documents import LeadDocument
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_change, publish_lead, snapshot


def _publish(before: LeadDocument | None, lead: LeadDocument) -> None:
    if before is None:
        publish_lead("created", lead)
    elif lead.get("deletedAt") and not before.get("deletedAt"):
        publish_lead("deleted", lead)
    else:
        publish_change(before, lead)


follow(LEADS, snapshot=snapshot, publish=_publish)
