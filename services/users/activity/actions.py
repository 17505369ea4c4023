"""Use cases of tidying up: old activities and old status changes of one tenant are deleted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.documents.collection import Collection, now
from core.documents.scope import TenantScope
from services.users.accounts.models import ACTIVITIES, STATUS_HISTORY
from services.users.activity.rules import KEPT_SEVERITY, days_before

# No transaction: each entry stands for itself, and a hundred thousand would not fit one. What is left over when the
# caller's patience ends goes with the next call.
_BATCH, MOST_DELETED = 5_000, 100_000


def clean_activities(scope: TenantScope, days: int) -> int:
    """Delete the tenant's activities that are older than `days` days, except critical ones, oldest first, at most
    MOST_DELETED; return how many."""
    old = _before("performedAt", days_before(now(), days))
    return _deleted(ACTIVITIES, scope, "performedAt", {**old, "severity": {"$ne": KEPT_SEVERITY}})


def clean_status_history(scope: TenantScope, days: int) -> int:
    """Delete the tenant's status changes that are older than `days` days, oldest first, at most MOST_DELETED; return
    how many."""
    return _deleted(STATUS_HISTORY, scope, "changedAt", _before("changedAt", days_before(now(), days)))


def _before(field: str, moment: datetime) -> dict[str, Any]:
    return {field: {"$lt": moment}}


def _deleted(collection: Collection, scope: TenantScope, field: str, criteria: Mapping[str, object]) -> int:
    view, deleted = collection.scoped(scope), 0
    while deleted < MOST_DELETED:
        batch = [entry["_id"] for entry in view.find(criteria, {"_id": 1}, sort=[(field, 1)], limit=_BATCH)]
        if not batch:
            break
        # The criteria again: an entry may have been changed meanwhile.
        deleted += view.delete_many({"_id": {"$in": batch}, **criteria})
    return deleted
