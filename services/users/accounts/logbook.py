"""The activity log and the status history of people (contract/users-rules.md §7)."""

from collections.abc import Sequence
from typing import Any

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.documents.transactions import best_effort
from services.users.accounts.bypasses import activity_log, status_log
from services.users.accounts.rules import reason_kind


def log_activity(
    user: Document,
    kind: str,
    description: str,
    *,
    actor_id: str | None,
    severity: str = "low",
    metadata: dict[str, Any] | None = None,
    **extra: Any,
) -> None:
    """Write an entry about `user`, in the running transaction."""
    made = _entry(user, kind, description, actor_id=actor_id, severity=severity, metadata=metadata or {})
    activity_log().insert_one({**made, **extra})


def log_activities(
    user: Document, kind: str, entries: Sequence[tuple[str, dict[str, Any]]], *, actor_id: str | None
) -> None:
    """Write an entry of low severity about `user` for each description and metadata, in one statement."""
    made = [
        _entry(user, kind, description, actor_id=actor_id, severity="low", metadata=metadata)
        for description, metadata in entries
    ]
    activity_log().insert_many(made)


@best_effort
def log_search(scope: TenantScope, query: dict[str, Any], found: int, total: int) -> None:
    """Write that somebody searched; never fails the search."""
    caller = {"_id": object_id(scope.actor_id), "tenantId": object_id(scope.tenant_id)}
    filters = {name: query.get(name) for name in ("status", "role")}
    metadata = {"filters": filters, "resultsCount": found, "totalCount": total}
    if caller["_id"] is not None:
        log_activity(caller, "search", "User search performed", actor_id=scope.actor_id, metadata=metadata)


def log_status(user: Document, old: str, new: str, reason: str | None, actor_id: str | None) -> None:
    """Write a status change into the history, in the running transaction."""
    status_log().insert_one(
        {
            "userId": user["_id"],
            "tenantId": user.get("tenantId"),
            "oldStatus": old,
            "newStatus": new,
            "reason": reason_kind(reason),
            "reasonDetails": reason,
            "performedBy": object_id(actor_id),
            "changedAt": now(),
        }
    )


def _entry(user: Document, kind: str, description: str, *, actor_id: str | None, **fields: Any) -> Document:
    return {
        "userId": user["_id"],
        "tenantId": user.get("tenantId"),
        "type": kind,
        "description": description,
        **fields,
        "performedAt": now(),
        "performedBy": object_id(actor_id),
        "isSystemEvent": False,
    }
