"""What the worker does for roles by itself."""

import structlog
from celery import shared_task
from pymongo.errors import PyMongoError

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import text_id
from core.worker.jobs import every
from services.users.roles.bypasses import all_assignments
from services.users.roles.granting import refresh_person

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 30.0
_BATCH = 1000
_NAME = "services.users.roles.refresh_permissions"


@shared_task(name=_NAME)
def refresh_permissions() -> int:
    """End expired assignments and let changed roles reach the rest of their holders; return how many people were refreshed.

    Each has a transaction of their own, so that one trouble does not keep the others waiting. Safe to run twice and at once."""
    criteria: list[Document] = [{"isActive": True, "expiresAt": {"$lte": now()}}, {"isActive": True, "stale": True}]
    people = {text_id(due["userId"]) for due in all_assignments().find_any(criteria, limit=_BATCH)}
    for user_id in people:
        try:
            refresh_person(user_id)
        except PyMongoError as error:
            log.warning("permissions_not_refreshed", user=user_id, error=type(error).__name__)
    return len(people)


every(SWEEP_SECONDS, _NAME)
