"""Use cases of activities."""

import uuid

from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from services.analytics.activity.documents import ActivityDocument
from services.analytics.activity.models import ACTIVITIES


@transactional("analytics")
def note(scope: TenantScope, told: ActivityDocument) -> ActivityDocument:
    """Store what the caller did, and return it. Raises NoTenant for a caller without tenant."""
    scope.require_tenant()
    return ACTIVITIES.scoped(scope).insert_one({"_id": uuid.uuid4().hex, "userId": scope.actor_id or "", **told})
