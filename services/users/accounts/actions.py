"""Use cases of people: create, change, set status and roles, deactivate."""

from collections.abc import Iterable
from typing import Any

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from core.api.errors import BadRequest, Conflict, Forbidden
from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id, text_id
from core.documents.scope import TenantScope
from core.documents.transactions import current_session, on_commit, transactional
from core.events.jobs import enqueue
from core.identity.principals import Principal
from core.identity.roles import ADMIN, SYSTEM_ROLES, USER_ROLES, permissions_of, system_roles
from services.users.accounts import rules
from services.users.accounts.logbook import log_activity, log_status
from services.users.accounts.models import GUARDS, USERS
from services.users.accounts.publishing import publish_user
from services.users.accounts.queries import user_by_email, user_by_id

_TAKEN = "User with this email already exists"
_ROLES = (*USER_ROLES, "agent", *SYSTEM_ROLES)
_ADMIN_WORDS = [word for word in _ROLES if ADMIN in system_roles([word])]
_SYSTEM = TenantScope.system("people without tenant are written by system code")


@transactional("users")
def create_user(scope: TenantScope, fields: dict[str, Any]) -> Document:
    """Create a person in the caller's tenant: pending, role user, default settings. Raises BadRequest, Conflict."""
    broken = rules.broken_limit(fields, new=True)
    if broken:
        raise BadRequest(broken)
    email = fields["email"].strip().lower()
    if user_by_email(email) is not None:
        raise Conflict(_TAKEN)
    person = {**fields, "email": email, "status": "pending", "roles": ["user"]}
    return _insert(scope, {**person, "settings": rules.default_settings()}, actor_id=scope.actor_id)


@transactional("users")
def adopt_account(account: Document, *, mail: str = "welcome") -> Document:
    """Create the person of an account that was opened at auth, under the account's id; once, however often asked.

    mail: which one greets them.

    Raises Conflict when the address belongs to somebody else."""
    key = ObjectId(account["_id"])
    existing = USERS.scoped(_SYSTEM).find_one({"_id": key})
    if existing is not None:
        return existing
    if user_by_email(account["email"]) is not None:
        raise Conflict(_TAKEN)
    company = account.pop("companyName", "")
    profile = {"profile": {"company": company}} if company else {}
    person = {**account, **profile, "_id": key, "tenantId": object_id(account.get("tenantId"))}
    return _insert(_SYSTEM, {**person, "settings": rules.default_settings()}, actor_id=str(key), mail=mail)


@transactional("users")
def put_user(fields: Document) -> Document:
    """Create or overwrite a person by id: for commands, not for requests."""
    key = ObjectId(fields["_id"])
    stored = {name: value for name, value in fields.items() if name != "_id"}
    stored |= {"email": fields["email"].lower(), "tenantId": object_id(fields.get("tenantId"))}
    if USERS.scoped(_SYSTEM).exists({"_id": key}):
        user = USERS.scoped(_SYSTEM).update_one({"_id": key}, {"$set": stored})
    else:
        empty: Document = {"permissions": [], "tags": [], "settings": rules.default_settings()}
        user = USERS.scoped(_SYSTEM).insert_one({**empty, **stored, "_id": key})
    assert user is not None
    publish_user("user.updated" if user["rev"] > 1 else "user.created", user, access=True)
    return user


@transactional("users")
def update_user(scope: TenantScope, user_id: str, changes: dict[str, Any], *, actor: Principal) -> Document:
    """Change a person: every sent field replaces the stored one. Raises NotFound, BadRequest, Forbidden, Conflict."""
    user = user_by_id(scope, user_id)
    broken = rules.broken_limit(changes, new=False)
    if broken:
        raise BadRequest(broken)
    changes = _with_free_email(user, changes)
    _check_privileges(user, changes, actor)
    changed = rules.changes_between(user, changes)
    if not changed:
        return user
    if "status" in changed:
        _check_transition(user, changes["status"], actor)
        log_status(user, user["status"], changes["status"], None, scope.actor_id)
    _keep_an_admin(user, changes)
    stored = _change(user, changes, access=bool(changed.keys() & {"status", "roles", "permissions"}))
    log_activity(
        stored, "profile_update", "User profile updated", actor_id=scope.actor_id, metadata={"changes": changed}
    )
    _mail("profile", user["email"], {"name": stored["firstName"], "changes": sorted(changed)})
    return stored


@transactional("users")
def set_status(scope: TenantScope, user_id: str, status: str, reason: str | None, *, actor: Principal) -> Document:
    """Move a person to another status. Raises NotFound, BadRequest for a move that is not allowed, Forbidden."""
    user = user_by_id(scope, user_id)
    _check_transition(user, status, actor)
    return _move(user, status, reason, scope.actor_id)


@transactional("users")
def set_roles(scope: TenantScope, user_id: str, roles: list[str], reason: str | None, *, actor: Principal) -> Document:
    """Replace a person's roles. Raises NotFound, BadRequest for unknown names, Forbidden."""
    user = user_by_id(scope, user_id)
    _check_privileges(user, {"roles": roles}, actor)
    _keep_an_admin(user, {"roles": roles})
    stored = _change(user, {"roles": roles}, access=True)
    metadata = {"oldRoles": user.get("roles"), "newRoles": roles, "reason": reason}
    text = f"User roles changed to {', '.join(roles) or 'none'}"
    log_activity(stored, "role_change", text, actor_id=scope.actor_id, severity="high", metadata=metadata)
    return stored


@transactional("users")
def deactivate(scope: TenantScope, user_id: str, reason: str | None, *, actor: Principal) -> None:
    """Delete softly: the person becomes inactive; repeatable. Raises NotFound, Forbidden for oneself."""
    user = user_by_id(scope, user_id)
    if str(user["_id"]) == actor.user_id:
        raise Forbidden("You cannot delete your own account")
    if user["status"] != "inactive":
        _keep_an_admin(user, {"status": "inactive"})
        log_status(user, user["status"], "inactive", reason, scope.actor_id)
        user = _change(user, {"status": "inactive"}, access=True, event="user.deleted")
    metadata = {"reason": reason, "method": "soft_delete"}
    log_activity(
        user, "account_deletion", "User account deleted", actor_id=scope.actor_id, severity="high", metadata=metadata
    )


@transactional("users")
def verify_account(user_id: str, moment: Any, email: str | None = None) -> None:
    """Note that a person's address is verified; a pending one becomes active. Nothing happens when the person has another
    address than `email` by now."""
    user = USERS.scoped(_SYSTEM).find_one({"_id": object_id(user_id)})
    if user is None or (email and email != user["email"]):
        return
    if user.get("emailVerifiedAt") and user["status"] != "pending":
        return
    changes = {"emailVerifiedAt": moment, "status": "active" if user["status"] == "pending" else user["status"]}
    if changes["status"] != user["status"]:
        log_status(user, user["status"], "active", "e-mail verified by request", user_id)
    _change(user, changes, access=True)


@transactional("users")
def refuse_entry(user_id: str, reason: str) -> None:
    """Keep somebody out who just came in. Raises LookupError for somebody unknown."""
    user = _known(user_id)
    if user["status"] != "inactive":
        log_status(user, user["status"], "inactive", reason, None)
        _change(user, {"status": "inactive"}, access=True)


@transactional("users")
def apply_own_changes(user_id: str, changes: dict[str, Any]) -> None:
    """Store what a person changed of themselves at auth, which checked it. Raises LookupError for somebody unknown."""
    user = _known(user_id)
    changed = rules.changes_between(user, changes)
    if not changed:
        return
    stored = _change(user, changes, access=False)
    log_activity(stored, "profile_update", "User profile updated", actor_id=user_id, metadata={"changes": changed})
    _mail("profile", user["email"], {"name": stored["firstName"], "changes": sorted(changed)})


@transactional("users")
def link_google(user_id: str, google_id: str | None, picture: str | None) -> None:
    """Note that a Google account, or none, belongs to a person; its picture is taken when they have none. Raises
    LookupError for somebody unknown."""
    user = _known(user_id)
    if user.get("googleId") == google_id:
        return
    changes: Document = {"googleId": google_id}
    if picture and not user.get("picture"):
        changes["picture"] = picture
    _change(user, changes, access=False)


@transactional("users")
def join_tenant(user_id: str, tenant_id: ObjectId, *, roles: list[str] | None = None) -> Document:
    """Make a person a member of a tenant. Raises NotFound; Conflict for a member of another one."""
    user = user_by_id(_SYSTEM, user_id)
    if user.get("tenantId") not in (None, tenant_id):
        raise Conflict("User already belongs to another tenant")
    changes: Document = {"tenantId": tenant_id} | ({"roles": roles} if roles else {})
    if user.get("tenantId") is None:
        # Role documents count in the tenant where they were assigned only.
        changes["grantedPermissions"] = []
    return _change(user, changes, access=True)


def note_activity(activity: Document) -> None:
    """Write what auth reported around an account; a login also counts as the last one."""
    key = object_id(activity["userId"])
    user = USERS.scoped(_SYSTEM).find_one({"_id": key})
    if user is None:
        return
    seen = {"lastActiveAt": activity["performedAt"]}
    if activity["type"] == "login":
        seen["lastLoginAt"] = activity["performedAt"]
    # Not a change of the person: no revision, no event.
    USERS.raw().update_one({"_id": key}, {"$max": seen}, session=current_session("users"))
    log_activity(
        user,
        activity["type"],
        activity["description"],
        actor_id=activity["userId"],
        severity=activity["severity"],
        metadata={**activity["metadata"], "ipAddress": activity["ipAddress"], "userAgent": activity["userAgent"]},
        performedAt=activity["performedAt"],
    )


def _known(user_id: str) -> Document:
    """Return a person that auth speaks of. Raises LookupError: their account may be on its way, so ask again."""
    user = USERS.scoped(_SYSTEM).find_one({"_id": object_id(user_id)})
    if user is None:
        raise LookupError(f"no person {user_id} yet")
    return user


def _insert(scope: TenantScope, person: Document, *, actor_id: str | None, mail: str = "welcome") -> Document:
    empty: Document = {"permissions": [], "tags": [], "tenantId": None}
    try:
        user = USERS.scoped(scope).insert_one({**empty, **person})
    except DuplicateKeyError:
        raise Conflict(_TAKEN) from None
    metadata = {"email": user["email"], "roles": user["roles"]}
    log_activity(user, "account_creation", "User account created", actor_id=actor_id, metadata=metadata)
    publish_user("user.created", user, access=True)
    _mail(mail, user["email"], {"name": user["firstName"]})
    return user


def _change(user: Document, changes: dict[str, Any], *, access: bool, event: str = "user.updated") -> Document:
    if changes.get("email", user["email"]) != user["email"]:
        # What was proven was the address before.
        changes = {"emailVerifiedAt": None, **changes}
    try:
        stored = USERS.scoped(_SYSTEM).update_one({"_id": user["_id"]}, {"$set": changes})
    except DuplicateKeyError:
        raise Conflict(_TAKEN) from None
    assert stored is not None
    publish_user(event, stored, access=access)
    return stored


def _move(user: Document, status: str, reason: str | None, actor_id: str | None) -> Document:
    _keep_an_admin(user, {"status": status})
    stored = _change(user, {"status": status}, access=True)
    metadata = {"oldStatus": user["status"], "newStatus": status, "reason": reason}
    text = f"User status changed from {user['status']} to {status}"
    log_activity(stored, "status_change", text, actor_id=actor_id, severity="medium", metadata=metadata)
    log_status(stored, user["status"], status, reason, actor_id)
    _mail("status", stored["email"], {"name": stored["firstName"], "status": status, "reason": reason})
    return stored


def _with_free_email(user: Document, changes: dict[str, Any]) -> dict[str, Any]:
    if "email" not in changes:
        return changes
    email = changes["email"].strip().lower()
    other = user_by_email(email)
    if other is not None and other["_id"] != user["_id"]:
        raise Conflict(_TAKEN)
    return {**changes, "email": email}


def _check_transition(user: Document, status: str, actor: Principal) -> None:
    if str(user["_id"]) == actor.user_id:
        raise Forbidden("You cannot change your own status")
    if not rules.may_become(user["status"], status):
        raise BadRequest(f"Invalid status transition from {user['status']} to {status}")


def _check_privileges(user: Document, changes: dict[str, Any], actor: Principal) -> None:
    """Nobody grants a role or permission that they lack; nobody edits somebody who holds more."""
    if not changes.keys() & {"roles", "permissions", "status"}:
        return
    needed = "users:update" if changes.keys() <= {"status"} else "users:assign_roles"
    if not actor.may(needed):
        raise Forbidden("Forbidden resource")
    roles = changes.get("roles") or []
    if any(role not in _ROLES for role in roles):
        raise BadRequest([f"each value in roles must be one of the following values: {', '.join(USER_ROLES)}"])
    granted = permissions_of(roles) | set(changes.get("permissions") or ())
    if not rules.may_grant(actor.permissions, granted):
        raise Forbidden("Forbidden resource")
    if not actor.is_operator and "SUPER_ADMIN" in (user.get("roles") or []):
        raise Forbidden("Forbidden resource")


def _keep_an_admin(user: Document, changes: dict[str, Any]) -> None:
    """Refuse to take away a tenant's last active administrator, also when two requests try at once."""
    if not _is_active_admin(user) or _is_active_admin({**user, **changes}) or user.get("tenantId") is None:
        return
    tenant_id = text_id(user["tenantId"]) or ""
    guard = {"$inc": {"changes": 1}, "$set": {"changedAt": now()}}
    GUARDS.raw().update_one({"_id": tenant_id}, guard, upsert=True, session=current_session("users"))
    others = {"_id": {"$ne": user["_id"]}, "status": "active", "roles": {"$in": _ADMIN_WORDS}}
    if not USERS.scoped(TenantScope(tenant_id)).exists(others):
        raise Forbidden("A tenant needs at least one active administrator")


def _is_active_admin(user: Document) -> bool:
    return user["status"] == "active" and ADMIN in system_roles(user.get("roles") or ())


def _mail(kind: str, email: str, context: dict[str, Iterable[str] | str | None]) -> None:
    from services.users.accounts.tasks import send_user_mail

    on_commit(lambda: enqueue(send_user_mail, kind, email, context))
