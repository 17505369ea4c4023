"""Use cases of roles: create, change, delete, assign, revoke, and the system roles."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import either_form, object_id, text_id
from core.documents.transactions import on_commit, transactional
from core.documents.uniqueness import unique_or
from core.errors import BadRequest, Conflict, Forbidden, NotFound, existing
from core.identity.principals import Principal
from core.identity.roles import SYSTEM_ROLES
from core.worker.jobs import enqueue
from services.users.accounts.authority import Act
from services.users.accounts.documents import UserDocument
from services.users.accounts.logbook import log_activity
from services.users.accounts.queries import user_by_id
from services.users.accounts.standing import require, standing_of, thing_of
from services.users.roles import rules
from services.users.roles.bypasses import all_assignments, all_roles
from services.users.roles.documents import AssignmentDocument, RoleDocument
from services.users.roles.granting import end_expired, hold, refresh_person
from services.users.roles.queries import candidates_for, effective_permissions, own_and_shared, role_by_id, running
from services.users.roles.tasks import refresh_permissions

_TAKEN = "Role with this name already exists"
_ASSIGNED = "User already has this role assigned"
_NOT_ASSIGNED = "Role assignment not found"
_REFUSED = "Forbidden resource"
# In the transaction of a role's change; every person costs about six statements.
_AT_ONCE = 50


@transactional("users")
def create_role(principal: Principal, fields: RoleDocument) -> RoleDocument:
    """Create a role in the caller's tenant; an operator without tenant creates one without.

    Raises BadRequest for unknown permissions or parents, Conflict for a taken name, Forbidden for type system by others
    than operators, and for a role that grants more than the caller has."""
    if not principal.is_operator:
        principal.scope.require_tenant()
    empty: RoleDocument = {"type": rules.CUSTOM, "permissions": [], "inheritedRoles": [], "isActive": True}
    role: RoleDocument = {**empty, **fields, "tenantId": object_id(principal.tenant_id) or principal.tenant_id}
    if role["type"] == rules.SYSTEM and not principal.is_operator:
        raise Forbidden(_REFUSED)
    if rules.is_reserved(role["name"]) or all_roles().exists(
        {"name": role["name"], **own_and_shared(principal.tenant_id)}
    ):
        raise Conflict(_TAKEN)
    _check_grant(principal, {}, role)
    with unique_or(Conflict, _TAKEN):
        created = all_roles().insert_one({**role, "createdBy": object_id(principal.user_id)})
    _log(principal, created, "created", {})
    return created


@transactional("users")
def update_role(principal: Principal, role_id: str, changes: RoleDocument) -> RoleDocument:
    """Change a custom role; its holders' permissions follow. Raises NotFound; BadRequest for system roles, unknown
    permissions or parents; Forbidden for what the caller lacks."""
    role = role_by_id(principal.scope, role_id)
    if role.get("type") == rules.SYSTEM:
        raise BadRequest("System roles cannot be modified")
    _check_grant(principal, role, {**role, **changes})
    stored: RoleDocument = {**changes, "updatedBy": object_id(principal.user_id)}
    changed = existing(all_roles().update_and_get({"_id": role["_id"]}, sets=stored), "Role not found")
    if rules.gives_otherwise(role, changed):
        _refresh_holders(changed, actor_id=principal.user_id)
    _log(principal, changed, "updated", {"changes": sorted(changes)})
    return changed


@transactional("users")
def delete_role(principal: Principal, role_id: str) -> None:
    """Delete a custom role for good. Raises NotFound; BadRequest for system roles and for an assigned one."""
    role = role_by_id(principal.scope, role_id)
    if role.get("type") == rules.SYSTEM:
        raise BadRequest("System roles cannot be deleted")
    _must_reach(principal, role)
    unexpired = {"$or": [{"expiresAt": None}, {"expiresAt": {"$gt": now()}}]}
    if all_assignments().exists({"roleId": either_form(role_id), "isActive": True, **unexpired}):
        raise BadRequest("Cannot delete role that is assigned to users")
    all_roles().delete_many({"_id": role["_id"]})
    _refresh_holders(role, actor_id=principal.user_id)
    _log(principal, role, "deleted", {})


def initialize_system_roles(principal: Principal | None = None) -> None:
    """Create those of the five system roles that are missing. What is there stays as it is."""
    # Another process may just be creating them, all missing ones in one transaction.
    with suppress(DuplicateKeyError):
        _create_missing(object_id(principal.user_id) if principal else None)


def _refresh_holders(role: RoleDocument, *, actor_id: str | None) -> None:
    """Apply a change of `role` to its holders, and to holders of roles that inherit it; in the running transaction."""
    same = None if role.get("tenantId") is None else either_form(text_id(role["tenantId"]))
    heirs = all_roles().find({"tenantId": same, "inheritedRoles": role["name"]}, {"_id": 1})
    keys = [role["_id"], *(heir["_id"] for heir in heirs)]
    held: Document = {"roleId": {"$in": [*keys, *map(str, keys)]}, "isActive": True}
    all_assignments().mark(held, {"$set": {"stale": True}})
    people = all_assignments().distinct("userId", held)
    for user_id in people[:_AT_ONCE]:
        refresh_person(user_id, actor_id=actor_id)
    if len(people) > _AT_ONCE:
        on_commit(lambda: enqueue(refresh_permissions))


@transactional("users")
def _create_missing(author: ObjectId | None) -> None:
    view = all_roles()
    for name in SYSTEM_ROLES:
        if not view.exists({"name": name, "tenantId": None}):
            view.insert_one({**rules.system_role(name), "tenantId": None, "createdBy": author})


@transactional("users")
def assign_role(principal: Principal, user_id: str, fields: AssignmentDocument) -> AssignmentDocument:
    """Give a person a role of their tenant, or a shared one; it takes effect at once. An expired assignment counts as
    none.

    Raises NotFound for person and role, BadRequest for an inactive role, another userId than the path's or an end in the
    past, Forbidden for what the caller lacks, Conflict when the person has the role."""
    person = user_by_id(principal.scope, user_id)
    if object_id(fields["userId"]) != person["_id"]:
        raise BadRequest("userId must be equal to the one in the path")
    end = fields.get("expiresAt")
    if end is not None and end <= now():
        raise BadRequest("expiresAt must be in the future")
    role = role_by_id(principal.scope, str(fields["roleId"]))
    if not rules.belongs_to(role, text_id(person.get("tenantId"))):
        raise NotFound("Role not found")
    if not role.get("isActive"):
        raise BadRequest("Cannot assign inactive role")
    _check_handing_out(principal, role, person)
    hold(role, *rules.parents(role, candidates_for([role])))
    end_expired(person["_id"])
    assigned = _insert_assignment(principal, person, role, fields)
    refresh_person(person["_id"], actor_id=principal.user_id)
    _log_change(principal, person, role, f"Role {role['name']} assigned", fields.get("reason"))
    return assigned


@transactional("users")
def revoke_role(principal: Principal, user_id: str, role_id: str, reason: str | None) -> None:
    """Take a role away from a person; it takes effect at once. Raises NotFound, Forbidden."""
    try:
        person = user_by_id(principal.scope, user_id)
    except NotFound:
        raise NotFound(_NOT_ASSIGNED) from None
    key = object_id(role_id)
    role: RoleDocument = all_roles().find_one({"_id": key}) or {"name": "deleted"}
    require(principal, Act.ROLES, standing_of(person))
    if rules.is_operators(role) and not principal.is_operator:
        raise Forbidden(_REFUSED)
    ended = {"isActive": False, "revokedAt": now(), "revokedBy": object_id(principal.user_id)}
    change = {"$set": {**ended, **({"reason": reason} if reason is not None else {})}}
    criteria = {**running(person), "roleId": either_form(role_id)}
    if key is None or not all_assignments().update_one(criteria, change):
        raise NotFound(_NOT_ASSIGNED)
    refresh_person(person["_id"], actor_id=principal.user_id)
    _log_change(principal, person, role, f"Role {role['name']} revoked", reason)


def _insert_assignment(
    principal: Principal, person: UserDocument, role: RoleDocument, fields: AssignmentDocument
) -> AssignmentDocument:
    if all_assignments().exists({**running(person), "roleId": either_form(str(role["_id"]))}):
        raise Conflict(_ASSIGNED)
    document: AssignmentDocument = {
        **fields,
        "userId": person["_id"],
        "roleId": role["_id"],
        "tenantId": person.get("tenantId"),
        "isActive": True,
        "assignedAt": now(),
        "assignedBy": object_id(principal.user_id),
    }
    with unique_or(Conflict, _ASSIGNED):
        return all_assignments().insert_one(document)


def _check_grant(principal: Principal, old: RoleDocument, new: RoleDocument) -> None:
    """Refuse unknown permissions and parents, and more than the caller has; what a role gave before may stay."""
    before = set(old.get("permissions") or ())
    unknown = rules.unknown_permissions(name for name in new.get("permissions") or () if name not in before)
    if unknown:
        raise BadRequest(f"Invalid permissions: {', '.join(unknown)}")
    candidates = candidates_for([new])
    found = rules.parents(new, candidates)
    known = {role["name"] for role in found} | set(old.get("inheritedRoles") or ())
    missing = next((name for name in new.get("inheritedRoles") or () if name not in known), None)
    if missing is not None:
        raise BadRequest(f"Inherited role not found: {missing}")
    added = set(rules.effective([new], candidates)) - set(effective_permissions([old]) if old else ())
    # Permissions added to a role that is switched off count too: another user may switch it on.
    if not principal.is_operator:
        added |= _asleep(new) - _asleep(old)
    escalates = rules.is_operators(new) and not (old and rules.is_operators(old)) and not principal.is_operator
    if escalates:
        raise Forbidden(_REFUSED)
    _must_reach(principal, old or new, added)
    hold(*found)


def _asleep(role: RoleDocument) -> set[str]:
    """What a role would give if it was switched on."""
    return set(effective_permissions([{**role, "isActive": True}]))


def _must_reach(principal: Principal, role: RoleDocument, added: Iterable[str] = ()) -> None:
    """Callers cannot create, change or delete a role that grants more than they have. Raises Forbidden."""
    gives = effective_permissions([role]) if "_id" in role else ()
    require(principal, Act.ROLE, thing_of(role.get("tenantId"), gives), added)


def _check_handing_out(principal: Principal, role: RoleDocument, person: UserDocument) -> None:
    """Callers cannot grant what they lack; only operators grant the operator's role, and to no member of a tenant."""
    gift = effective_permissions([role])
    if rules.is_operators(role) and not principal.is_operator:
        raise Forbidden(_REFUSED)
    require(principal, Act.ROLES, standing_of(person), gift)


def _log(principal: Principal, role: RoleDocument, what: str, details: Mapping[str, object]) -> None:
    """Write a change of a role into the log of the caller: a role has no log of its own."""
    author: ObjectId | None = object_id(principal.user_id)
    if author is None:
        return
    caller: UserDocument = {"_id": author, "tenantId": role.get("tenantId") or object_id(principal.tenant_id)}
    metadata = {"roleId": role["_id"], "role": role["name"], "permissions": role.get("permissions"), **details}
    text = f"Role {role['name']} {what}"
    log_activity(caller, "permission_update", text, actor_id=principal.user_id, severity="high", metadata=metadata)


def _log_change(principal: Principal, person: UserDocument, role: RoleDocument, text: str, reason: str | None) -> None:
    metadata = {"roleId": role.get("_id"), "role": role["name"], "reason": reason}
    log_activity(person, "role_change", text, actor_id=principal.user_id, severity="high", metadata=metadata)
