"""A tenant keeps an administrator, and the platform an operator."""

from core.documents.collection import ScopedDocuments, now
from core.documents.ids import text_id
from core.documents.scope import TenantScope
from core.errors import Forbidden
from core.identity.roles import ADMIN, OPERATOR, system_roles
from services.users.accounts import rules
from services.users.accounts.bypasses import everyone
from services.users.accounts.documents import UserDocument
from services.users.accounts.models import GUARDS, USERS


def keep_an_admin(user: UserDocument, changes: UserDocument) -> None:
    """Raise Forbidden for changes that take away a tenant's last active administrator, or the platform's last active operator."""
    changed: UserDocument = {**user, **changes}
    tenant_id = text_id(user.get("tenantId"))
    if tenant_id is not None and _is_active(user, ADMIN) and not _is_active(changed, ADMIN):
        people = USERS.scoped(TenantScope(tenant_id))
        _keep_one(user, people, ADMIN, "A tenant needs at least one active administrator")
    if _is_active(user, OPERATOR) and not _is_active(changed, OPERATOR):
        _keep_one(user, everyone(), OPERATOR, "The platform needs at least one active operator")


def _keep_one(user: UserDocument, people: ScopedDocuments[UserDocument], role: str, refusal: str) -> None:
    """Raise Forbidden when no other active one of `people` has `role`, also when two requests try at once."""
    guard = {"$inc": {"changes": 1}, "$set": {"changedAt": now()}}
    GUARDS.mark({"_id": people.scope.tenant_id or "platform"}, guard, upsert=True)
    words = [word for word in rules.ROLES if role in system_roles([word])]
    if not people.exists({"_id": {"$ne": user["_id"]}, "status": "active", "roles": {"$in": words}}):
        raise Forbidden(refusal)


def _is_active(user: UserDocument, role: str) -> bool:
    return user["status"] == "active" and role in system_roles(user.get("roles") or ())
