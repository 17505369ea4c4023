"""The activity log and the status history of people (contract/users-rules.md §7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from core.documents.collection import now
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.documents.transactions import best_effort
from services.users.accounts.bypasses import activity_log, status_log
from services.users.accounts.documents import ActivityDocument, UserDocument
from services.users.accounts.rules import reason_kind


def log_activity(
    user: UserDocument,
    kind: str,
    description: str,
    *,
    actor_id: str | None,
    severity: str = "low",
    metadata: Mapping[str, object] | None = None,
    at: datetime | None = None,
) -> None:
    """Write an entry about `user`, of now or of the moment `at`, in the running transaction."""
    activity_log().insert_one(_entry(user, kind, description, metadata or {}, actor_id, severity=severity, at=at))


def log_activities(
    user: UserDocument, kind: str, entries: Sequence[tuple[str, Mapping[str, object]]], *, actor_id: str | None
) -> None:
    """Write an entry of low severity about `user` for each description and metadata, in one statement."""
    activity_log().insert_many([_entry(user, kind, text, metadata, actor_id) for text, metadata in entries])


@best_effort
def log_search(scope: TenantScope, query: Mapping[str, object], found: int, total: int) -> None:
    """Log a search; never fails the search."""
    key = object_id(scope.actor_id)
    filters = {name: query.get(name) for name in ("status", "role")}
    metadata = {"filters": filters, "resultsCount": found, "totalCount": total}
    if key is not None:
        caller: UserDocument = {"_id": key, "tenantId": object_id(scope.tenant_id)}
        log_activity(caller, "search", "User search performed", actor_id=scope.actor_id, metadata=metadata)


def log_status(user: UserDocument, old: str, new: str, reason: str | None, actor_id: str | None) -> None:
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


def _entry(
    user: UserDocument,
    kind: str,
    description: str,
    metadata: Mapping[str, object],
    actor_id: str | None,
    *,
    severity: str = "low",
    at: datetime | None = None,
) -> ActivityDocument:
    return {
        "userId": user["_id"],
        "tenantId": user.get("tenantId"),
        "type": kind,
        "description": description,
        "severity": severity,
        "metadata": dict(metadata),
        "performedAt": at or now(),
        "performedBy": object_id(actor_id),
        "isSystemEvent": False,
    }
