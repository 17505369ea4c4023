"""Users of deleted tenants leave them: neither an account nor its address is lost with the tenant.

A user of a deleted tenant cannot sign in, join another tenant or be invited. So an attacker who founds one on another person's
address and deletes it would lock the owner of that address out for good. Each user has their own transaction: there may be many.
"""

import structlog
from celery import shared_task
from pymongo.errors import PyMongoError

from core.documents.collection import now
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.worker.jobs import every
from services.users.accounts.actions import free_person
from services.users.accounts.documents import TenantDocument
from services.users.accounts.models import TENANTS, USERS
from services.users.roles.granting import end_assignments

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 30.0
_BATCH = 500
_NAME = "services.users.tenants.free_people"


@shared_task(name=_NAME)
def free_people() -> int:
    """Free the people of deleted tenants, also of those that the old system deleted; return how many. Safe to run twice and
    at once."""
    freed, left = 0, {"deletedAt": {"$ne": None}, "peopleFreedAt": None}
    for tenant in list(TENANTS.find(left, limit=_BATCH)):
        people = list(USERS.scoped(TenantScope(str(tenant["_id"]))).find({}, {"_id": 1}, limit=_BATCH))
        try:
            for person in people:
                _free(tenant, person["_id"])
                freed += 1
            if not people:
                # Not a change of the tenant: no revision, no event.
                TENANTS.with_deleted().mark({"_id": tenant["_id"]}, {"$set": {"peopleFreedAt": now()}})
        except PyMongoError as error:
            log.warning("people_not_freed", tenant=str(tenant["_id"]), error=type(error).__name__)
    return freed


@transactional("users")
def _free(tenant: TenantDocument, key: object) -> None:
    person = USERS.scoped(TenantScope(str(tenant["_id"]))).find_one({"_id": key})
    if person is not None:
        free_person(person, f"Tenant {tenant.get('name', '')} was deleted")
        end_assignments(person, actor_id=None)


every(SWEEP_SECONDS, _NAME)
