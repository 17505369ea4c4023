"""Use cases of people: create, change, set status and roles, deactivate, join and leave a tenant."""

from collections.abc import Iterable
from datetime import datetime

from bson import ObjectId

from core.api.throttling import hit
from core.documents.collection import ScopedDocuments, now
from core.documents.ids import object_id, text_id
from core.documents.keeping import keeping
from core.documents.scope import TenantScope
from core.documents.shapes import part_of
from core.documents.transactions import on_commit, transactional
from core.documents.uniqueness import unique_or
from core.errors import BadRequest, Conflict, Forbidden, TooManyRequests
from core.events.outbox import record
from core.events.payloads import AccountActivity, EmailRequested
from core.identity.principals import Principal
from core.identity.roles import USER_ROLES, permissions_of
from core.worker.jobs import enqueue
from services.users.accounts import authority, rules
from services.users.accounts.authority import Act
from services.users.accounts.bypasses import everyone
from services.users.accounts.documents import UserDocument
from services.users.accounts.keeping import keep_an_admin
from services.users.accounts.logbook import log_activity, log_status
from services.users.accounts.mails import send_user_mail
from services.users.accounts.models import USERS
from services.users.accounts.publishing import publish_user
from services.users.accounts.queries import user_by_email, user_by_id
from services.users.accounts.standing import acting, demand, require, standing_of, tenant_of, thing_of

_TAKEN = "User with this email already exists"
# Requests for another address, per person and hour: each sends mails to addresses that the caller chose.
_EMAIL_REQUESTS, _HOUR = 5, 3600
# The members that decide what a user may do.
_ACTS = {"status": Act.STATUS, "roles": Act.ROLES, "permissions": Act.ROLES, "email": Act.EMAIL}
_ACCESS = {"status", "roles", "permissions", "grantedPermissions", "tenantId"}
# The members of a user who has left a tenant.
_LEFT: UserDocument = {"tenantId": None, "roles": ["user"], "permissions": [], "grantedPermissions": []}


@transactional("users")
def create_user(scope: TenantScope, fields: UserDocument, *, actor: Principal) -> UserDocument:
    """Create a person in the caller's tenant: pending, role user, default settings. Raises BadRequest, Forbidden,
    Conflict."""
    require(actor, Act.CREATE, thing_of(scope.tenant_id), permissions_of(["user"]))
    broken = rules.broken_limit(fields, new=True)
    if broken:
        raise BadRequest(broken)
    email = fields["email"].strip().lower()
    if user_by_email(email) is not None:
        raise Conflict(_TAKEN)
    person: UserDocument = {**fields, "email": email, "status": "pending", "roles": ["user"]}
    stored: UserDocument = {**person, "settings": rules.default_settings()}
    return _insert(USERS.scoped(scope), stored, actor_id=scope.actor_id, mail="added")


@transactional("users")
def adopt_account(account: UserDocument, *, company: str = "", mail: str = "welcome") -> UserDocument:
    """Create the user of an account that was opened at auth, under the account's id; once, however often called.

    mail: which one greets them.

    Raises Conflict when the address belongs to another user."""
    key = account["_id"]
    existing = everyone().find_one({"_id": key})
    if existing is not None:
        return existing
    if user_by_email(account["email"]) is not None:
        raise Conflict(_TAKEN)
    person: UserDocument = {**account, "_id": key, "tenantId": object_id(account.get("tenantId"))}
    if company:
        person["profile"] = {"company": company}
    return _insert(everyone(), {**person, "settings": rules.default_settings()}, actor_id=str(key), mail=mail)


def account_of(principal: Principal) -> UserDocument:
    """Return what a token says of its owner's account."""
    return {
        "_id": ObjectId(principal.user_id),
        "email": principal.email,
        "firstName": str(principal.claims.get("firstName", "")),
        "lastName": str(principal.claims.get("lastName", "")),
        "roles": list(principal.roles),
        "status": principal.status,
    }


@transactional("users")
def put_user(fields: UserDocument) -> UserDocument:
    """Create or overwrite a person by id: for commands, not for requests. Raises Forbidden for an operator with a
    tenant."""
    key = ObjectId(fields["_id"])
    stored: UserDocument = {**fields, "email": fields["email"].lower(), "tenantId": object_id(fields.get("tenantId"))}
    del stored["_id"]
    _refuse_torn(stored)
    if everyone().exists({"_id": key}):
        user = everyone().update_and_get({"_id": key}, sets=stored)
    else:
        empty: UserDocument = {"permissions": [], "tags": [], "settings": rules.default_settings()}
        user = everyone().insert_one({**empty, **stored, "_id": key})
    assert user is not None
    publish_user("user.updated" if user["rev"] > 1 else "user.created", user, access=True)
    return user


@transactional("users")
def update_user(scope: TenantScope, user_id: str, changes: UserDocument, *, actor: Principal) -> UserDocument:
    """Change a person: every sent field replaces the stored one, but an address waits for its owner's confirmation.
    Raises NotFound, BadRequest, Forbidden, Conflict, TooManyRequests."""
    user = user_by_id(scope, user_id)
    broken = rules.broken_limit(changes, new=False)
    if broken:
        raise BadRequest(broken)
    wanted = keeping(user, changes, rules.SENT)
    if "email" in wanted:
        wanted["email"] = wanted["email"].strip().lower()
    changed = rules.changes_between(user, wanted)
    _check_changes(user, part_of(wanted, changed), actor)
    if "email" in changed and _is_proposed(user, wanted["email"], actor):
        del changed["email"]
    if not changed:
        return user
    return _update(user, part_of(wanted, changed), changed, actor)


def _update(user: UserDocument, changes: UserDocument, changed: rules.Changed, actor: Principal) -> UserDocument:
    if "status" in changed:
        log_status(user, user["status"], changes["status"], None, actor.user_id)
    keep_an_admin(user, changes)
    stored = _change(user, changes)
    metadata = {"changes": changed}
    log_activity(stored, "profile_update", "User profile updated", actor_id=actor.user_id, metadata=metadata)
    _mail("profile", user["email"], {"name": stored["firstName"], "changes": sorted(changed)})
    return stored


@transactional("users")
def set_status(scope: TenantScope, user_id: str, status: str, reason: str | None, *, actor: Principal) -> UserDocument:
    """Move a person to another status. Raises NotFound, BadRequest for a move that is not allowed, Forbidden."""
    user = user_by_id(scope, user_id)
    _check_changes(user, {"status": status}, actor)
    return _move(user, status, reason, scope.actor_id)


@transactional("users")
def set_roles(
    scope: TenantScope, user_id: str, roles: list[str], reason: str | None, *, actor: Principal
) -> UserDocument:
    """Replace a person's roles. Raises NotFound, BadRequest for unknown names, Forbidden."""
    user = user_by_id(scope, user_id)
    _check_changes(user, {"roles": roles}, actor)
    keep_an_admin(user, {"roles": roles})
    stored = _change(user, {"roles": roles})
    metadata = {"oldRoles": user.get("roles"), "newRoles": roles, "reason": reason}
    text = f"User roles changed to {', '.join(roles) or 'none'}"
    log_activity(stored, "role_change", text, actor_id=scope.actor_id, severity="high", metadata=metadata)
    return stored


@transactional("users")
def deactivate(scope: TenantScope, user_id: str, reason: str | None, *, actor: Principal) -> None:
    """Delete softly: the person becomes inactive; repeatable. Raises NotFound, Forbidden for oneself."""
    user = user_by_id(scope, user_id)
    require(actor, Act.DELETE, standing_of(user))
    if user["status"] != "inactive":
        keep_an_admin(user, {"status": "inactive"})
        log_status(user, user["status"], "inactive", reason, scope.actor_id)
        user = _change(user, {"status": "inactive"}, event="user.deleted")
    metadata = {"reason": reason, "method": "soft_delete"}
    log_activity(
        user, "account_deletion", "User account deleted", actor_id=scope.actor_id, severity="high", metadata=metadata
    )


@transactional("users")
def verify_account(user_id: str, moment: datetime, email: str | None = None) -> None:
    """Note that a person's address is verified; a pending one becomes active. Nothing happens when the person has another
    address than `email` by now."""
    user = everyone().find_one({"_id": object_id(user_id)})
    if user is None or (email and email != user["email"]):
        return
    if user.get("emailVerifiedAt") and user["status"] != "pending":
        return
    changes: UserDocument = {
        "emailVerifiedAt": moment,
        "status": "active" if user["status"] == "pending" else user["status"],
    }
    if changes["status"] != user["status"]:
        log_status(user, user["status"], "active", "e-mail verified by request", user_id)
    _change(user, changes)


@transactional("users")
def refuse_entry(user_id: str, reason: str) -> None:
    """Make a user inactive who just joined. Raises LookupError for an unknown user."""
    user = _known(user_id)
    if user["status"] != "inactive":
        log_status(user, user["status"], "inactive", reason, None)
        _change(user, {"status": "inactive"})


@transactional("users")
def apply_own_changes(user_id: str, changes: UserDocument) -> None:
    """Store changes that a user made to themselves at auth, which checked them. Raises LookupError for an unknown user."""
    user = _known(user_id)
    changes = keeping(user, changes, rules.SENT)
    changed = rules.changes_between(user, changes)
    if not changed:
        return
    stored = _change(user, changes)
    log_activity(stored, "profile_update", "User profile updated", actor_id=user_id, metadata={"changes": changed})
    _mail("profile", user["email"], {"name": stored["firstName"], "changes": sorted(changed)})


@transactional("users")
def move_address(user_id: str, email: str, moment: datetime) -> None:
    """Adopt the address that a user confirmed at auth, which informed the old one. When another user got it in that
    very moment, it stays theirs, and auth learns that the old one is still valid. Raises LookupError for an unknown user."""
    user = _known(user_id)
    other = user_by_email(email)
    if other is not None and other["_id"] != user["_id"]:
        _change(user, {"email": user["email"]})
        return
    changed = rules.changes_between(user, {"email": email})
    stored = _change(user, {"email": email, "emailVerifiedAt": moment})
    log_activity(stored, "profile_update", "User profile updated", actor_id=user_id, metadata={"changes": changed})


@transactional("users")
def link_google(user_id: str, google_id: str | None, picture: str | None) -> None:
    """Store that a Google account, or none, belongs to a user; its picture is taken when they have none. Raises
    LookupError for an unknown user."""
    user = _known(user_id)
    if user.get("googleId") == google_id:
        return
    changes: UserDocument = {"googleId": google_id}
    if picture and not user.get("picture"):
        changes["picture"] = picture
    _change(user, changes)


@transactional("users")
def join_tenant(principal: Principal, tenant_id: ObjectId, roles: list[str], *, founding: bool = False) -> UserDocument:
    """Let the caller, who has no tenant, join one by their own will, without the rights that they had before.

    founding: the tenant is theirs, made in this transaction. Raises NotFound; Forbidden for a member, an operator, or a
    tenant that is not active."""
    user = user_by_id(principal.scope, principal.user_id)
    require(principal, Act.JOIN, thing_of(None if founding else tenant_id))
    return _change(user, {"tenantId": tenant_id, "roles": roles, "permissions": [], "grantedPermissions": []})


@transactional("users")
def leave_tenant(principal: Principal, user: UserDocument, reason: str) -> UserDocument:
    """Remove a user from their tenant, with all rights that they had there. Raises Forbidden for the tenant's last
    administrator, and for a user whom the caller may not change."""
    require(principal, Act.REMOVE, standing_of(user))
    keep_an_admin(user, _LEFT)
    return _leave(user, reason, principal.user_id)


@transactional("users")
def free_person(user: UserDocument, reason: str) -> UserDocument:
    """Remove a user from a deleted tenant."""
    return _leave(user, reason, None)


def _leave(user: UserDocument, reason: str, actor_id: str | None) -> UserDocument:
    stored = _change(user, {**_LEFT})
    # In the log of the tenant: it is about a former member.
    metadata = {"oldRoles": user.get("roles"), "newRoles": stored["roles"], "reason": reason}
    log_activity(user, "role_change", reason, actor_id=actor_id, severity="high", metadata=metadata)
    return stored


def note_activity(activity: AccountActivity) -> None:
    """Write what auth reported around an account; a login also counts as the last one."""
    key = object_id(activity.user_id)
    user = everyone().find_one({"_id": key})
    if user is None:
        return
    seen = {"lastActiveAt": activity.performed_at}
    if activity.type == "login":
        seen["lastLoginAt"] = activity.performed_at
    # Not a change of the person: no revision, no event.
    everyone().mark({"_id": key}, {"$max": seen})
    log_activity(
        user,
        activity.type,
        activity.description,
        actor_id=activity.user_id,
        severity=activity.severity,
        metadata={**activity.metadata, "ipAddress": activity.ip_address, "userAgent": activity.user_agent},
        at=activity.performed_at,
    )


def _known(user_id: str) -> UserDocument:
    """Return a user named by auth. Raises LookupError: their account may not have arrived yet, so try again."""
    user = everyone().find_one({"_id": object_id(user_id)})
    if user is None:
        raise LookupError(f"no person {user_id} yet")
    return user


def _insert(
    people: ScopedDocuments[UserDocument], person: UserDocument, *, actor_id: str | None, mail: str = "welcome"
) -> UserDocument:
    empty: UserDocument = {"permissions": [], "tags": [], "tenantId": None}
    _refuse_torn({**person, "tenantId": person.get("tenantId") or people.scope.tenant_id})
    with unique_or(Conflict, _TAKEN):
        user = people.insert_one({**empty, **person})
    metadata = {"email": user["email"], "roles": user["roles"]}
    log_activity(user, "account_creation", "User account created", actor_id=actor_id, metadata=metadata)
    publish_user("user.created", user, access=True)
    company = (tenant_of(user.get("tenantId")) or {}).get("name")
    _mail(mail, user["email"], {"name": user["firstName"], "company": company})
    return user


def _change(user: UserDocument, changes: UserDocument, *, event: str = "user.updated") -> UserDocument:
    access = bool(changes.keys() & _ACCESS)
    if access and not changes.keys() <= {"status", "emailVerifiedAt"}:
        _refuse_torn({**user, **changes})
    if changes.get("email", user["email"]) != user["email"]:
        # The former proof is of the former address.
        changes = {"emailVerifiedAt": None, **changes}
    with unique_or(Conflict, _TAKEN):
        stored = everyone().update_and_get({"_id": user["_id"]}, sets=changes)
    assert stored is not None
    publish_user(event, stored, access=access)
    return stored


def _move(user: UserDocument, status: str, reason: str | None, actor_id: str | None) -> UserDocument:
    keep_an_admin(user, {"status": status})
    stored = _change(user, {"status": status})
    metadata = {"oldStatus": user["status"], "newStatus": status, "reason": reason}
    text = f"User status changed from {user['status']} to {status}"
    log_activity(stored, "status_change", text, actor_id=actor_id, severity="medium", metadata=metadata)
    log_status(stored, user["status"], status, reason, actor_id)
    _mail("status", stored["email"], {"name": stored["firstName"], "status": status, "reason": reason})
    return stored


def _check_changes(user: UserDocument, changes: UserDocument, actor: Principal) -> None:
    """Refuse what the caller may not change of a person. Raises Forbidden; BadRequest for unknown role words and for a
    status that does not follow."""
    caller, target = acting(actor), standing_of(user)
    for act in sorted({_ACTS.get(name, Act.UPDATE) for name in changes}, key=lambda act: act.value):
        demand(caller, act, target)
    if "status" in changes and not rules.may_become(user["status"], changes["status"]):
        raise BadRequest(f"Invalid status transition from {user['status']} to {changes['status']}")
    words = changes.get("roles") or []
    if any(word not in rules.ROLES for word in words):
        raise BadRequest([f"each value in roles must be one of the following values: {', '.join(USER_ROLES)}"])
    given = permissions_of(words) | set(changes.get("permissions") or ())
    if given:
        demand(caller, Act.ROLES, target, given)


def _is_proposed(user: UserDocument, email: str, actor: Principal) -> bool:
    """Ask for the confirmation of another address, and return whether it waits for one: a user who never signed in has no
    account that could be taken over. Raises Conflict, TooManyRequests."""
    # Inside of the transaction: one that is tried again counts twice, which errs on the safe side.
    verdict = hit("email-change", str(user["_id"]), limit=_EMAIL_REQUESTS, seconds=_HOUR)
    if not verdict.allowed:
        raise TooManyRequests("Too many requests for another e-mail address", verdict.retry_after)
    if user_by_email(email) is not None:
        raise Conflict(_TAKEN)
    if user["status"] == "pending" and str(user["_id"]) != actor.user_id:
        return False
    payload = EmailRequested(user_id=str(user["_id"]), email=email, requested_at=now())
    record("user.email_requested", payload, entity_id=payload.user_id, tenant_id=text_id(user.get("tenantId")))
    text = "Another e-mail address was asked for"
    log_activity(user, "security_event", text, actor_id=actor.user_id, severity="medium", metadata={"email": email})
    return True


def _refuse_torn(person: UserDocument) -> None:
    if authority.is_torn(person):
        raise Forbidden("Forbidden resource")


def _mail(kind: str, email: str, context: dict[str, Iterable[str] | str | None]) -> None:
    on_commit(lambda: enqueue(send_user_mail, kind, email, context))
