"""What auth tells of accounts, kept as activities."""

from core.documents.scope import TenantScope
from core.events.envelope import Event
from core.events.handlers import handles
from services.analytics.activity.documents import ActivityDocument
from services.analytics.activity.models import ACTIVITIES


@handles("account.activity", service="analytics")
def account_activity(event: Event) -> None:
    """Keep what happened around an account of a tenant."""
    told = event.payload
    if event.tenant_id is None or not told.user_id:
        return
    kept: ActivityDocument = {
        "_id": event.id,
        "userId": told.user_id,
        "type": told.type,
        "description": told.description,
        "severity": told.severity,
        "metadata": told.metadata,
        "ipAddress": told.ip_address,
        "userAgent": told.user_agent,
        "createdAt": told.performed_at,
    }
    ACTIVITIES.scoped(TenantScope(event.tenant_id)).insert_one(kept)
