"""Reads of activities."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

from core.documents.collection import now
from core.documents.database import Document
from core.documents.scope import TenantScope
from services.analytics.activity.documents import ActivityDocument
from services.analytics.activity.models import ACTIVITIES
from services.analytics.activity.rules import Counted

_DAYS = 30


def activities(
    scope: TenantScope, user_id: str | None, kind: str | None, *, skip: int, limit: int
) -> list[ActivityDocument]:
    """Return a page of activities, newest first."""
    wanted: Document = {name: value for name, value in (("userId", user_id), ("type", kind)) if value}
    order = [("createdAt", -1), ("_id", -1)]
    return list(ACTIVITIES.scoped(scope).find(wanted, sort=order, skip=skip, limit=limit))


def counted(scope: TenantScope, *, security: bool = False) -> Sequence[Counted]:
    """Count the activities of the last thirty days. security: only those that auth told, which have a severity."""
    key = {
        "userId": "$userId",
        "type": "$type",
        "severity": {"$ifNull": ["$severity", "low"]},
        "day": {"$dateToString": {"format": "%Y-%m-%d", "date": "$createdAt"}},
        "hour": {"$hour": "$createdAt"},
    }
    match: Document = {"createdAt": {"$gte": _start()}, **({"severity": {"$exists": True}} if security else {})}
    group: Document = {"_id": key, "count": {"$sum": 1}, "last": {"$max": "$createdAt"}}
    rows = ACTIVITIES.scoped(scope).aggregate([{"$match": match}, {"$group": group}])
    return [cast(Counted, {**row["_id"], "count": row["count"], "last": row["last"]}) for row in rows]


def _start() -> datetime:
    return now() - timedelta(days=_DAYS)
