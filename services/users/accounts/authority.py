"""Who may do what to whom. One function decides, and every route, event and admin action that changes people, tenants or
roles asks it (docs/decisions/0013-consent-and-authority.md). Pure: `standing.py` reads what it needs."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto

from core.documents.ids import text_id
from core.identity.roles import ADMIN, MANAGER, OPERATOR, PERMISSIONS, permissions_of, system_roles
from services.users.accounts.documents import TenantDocument, UserDocument


class Act(Enum):
    """What an actor wants to do, to a user unless it says otherwise."""

    CREATE = auto()
    UPDATE = auto()
    EMAIL = auto()
    STATUS = auto()
    DELETE = auto()
    # Role words, permissions and role documents of a person.
    ROLES = auto()
    # A role document itself.
    ROLE = auto()
    PREFERENCES = auto()
    # An invitation: to send, send again or take back.
    INVITE = auto()
    # A tenant's lists: to add a user to one, and to remove a user from the tenant.
    LIST = auto()
    REMOVE = auto()
    # Oneself, with an invitation or as founder.
    JOIN = auto()
    # A tenant.
    CHANGE_TENANT = auto()
    DELETE_TENANT = auto()
    RUN_TENANT = auto()


# Rights beside the 36 permissions: of administrators and managers; of those whom a tenant lists as administrators; of its
# owner; of operators.
_STAFF, _LISTED, _OWNER, _PLATFORM = "role:staff", "tenant:listed", "tenant:owner", "platform"
LISTED = frozenset({_LISTED})
_NEEDED = {
    Act.CREATE: "users:create",
    Act.UPDATE: "users:update",
    Act.EMAIL: "users:update",
    Act.STATUS: "users:update",
    Act.DELETE: "users:delete",
    Act.ROLES: "users:assign_roles",
    Act.ROLE: "users:assign_roles",
    Act.PREFERENCES: _STAFF,
    Act.INVITE: _STAFF,
    Act.LIST: _LISTED,
    Act.REMOVE: _LISTED,
    Act.CHANGE_TENANT: _LISTED,
    Act.DELETE_TENANT: _OWNER,
    Act.RUN_TENANT: _PLATFORM,
}
# What all users may do with their own data, in any state of the tenant.
_OWN = {Act.UPDATE, Act.EMAIL, Act.PREFERENCES}
# Until an operator has opened a tenant, its owner can only describe it, or give it up.
_STATES = {Act.CHANGE_TENANT: ("active", "pending"), Act.DELETE_TENANT: ("active", "pending")}
# The most that an inviter without the right to assign roles may grant (users-rules §4).
_NEWCOMERS = permissions_of(["user", "viewer", "acquisitions", "dispositions"])
# What only operators hold, and no member of a tenant may hold: operators never belong to a tenant.
OPERATORS_OWN = permissions_of([OPERATOR]) - permissions_of([ADMIN])

_FORBIDDEN = "Forbidden resource"
_INACTIVE = "Invalid or inactive tenant"
_TO_ONESELF = {Act.STATUS: "You cannot change your own status", Act.DELETE: "You cannot delete your own account"}
_REFUSALS = {
    Act.LIST: "Insufficient permissions to manage tenant users",
    Act.REMOVE: "Insufficient permissions to manage tenant users",
    Act.CHANGE_TENANT: "Insufficient permissions to update this tenant",
    Act.DELETE_TENANT: "Insufficient permissions to delete this tenant",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides about a user, or about a thing (then without `user_id`): the tenant, the tenant's state, and the rights
    held."""

    user_id: str | None
    tenant_id: str | None
    rights: frozenset[str] = frozenset()
    is_operator: bool = False
    is_active: bool = True
    tenant_status: str = "active"


def standing(person: UserDocument, tenant: TenantDocument | None) -> Standing:
    """Return the standing of a person (a user document) whose tenant is `tenant`, None when there is none."""
    user_id, words = text_id(person.get("_id")), person.get("roles") or ()
    is_operator = OPERATOR in system_roles(words)
    return Standing(
        user_id=user_id,
        tenant_id=text_id(person.get("tenantId")),
        rights=(_held(person) & set(PERMISSIONS)) | _beside(words, user_id, tenant or {}),
        is_operator=is_operator,
        is_active=person.get("status") not in ("suspended", "inactive"),
        tenant_status=tenant_status(tenant),
    )


def thing(tenant: TenantDocument | None, tenant_id: str | None, rights: Iterable[str] = ()) -> Standing:
    """Return the standing of something that belongs to a tenant and gives `rights`: an invitation, a role, a new person, the
    tenant itself."""
    return Standing(user_id=None, tenant_id=tenant_id, rights=frozenset(rights), tenant_status=tenant_status(tenant))


def tenant_status(tenant: TenantDocument | None) -> str:
    """Return a tenant's state, `deleted` for a deleted one. One that is not known is active: the old system had people of
    tenants without a document."""
    if tenant is None:
        return "active"
    return "deleted" if tenant.get("deletedAt") else str(tenant.get("status", "active"))


def refusal(actor: Standing, act: Act, target: Standing, given: Iterable[str] = ()) -> str | None:
    """Return why `actor` may not do `act` to `target`, in the contract's words; None when they may.

    given: the permissions that the act gives to the target."""
    gift = frozenset(given)
    if not actor.is_active:
        return _FORBIDDEN
    if act is Act.JOIN:
        return _refused_entry(actor, target)
    if actor.user_id == target.user_id:
        if act in _TO_ONESELF:
            return _TO_ONESELF[act]
        # All users may leave a tenant, except its owner, who gives it up instead.
        if act in _OWN or (act is Act.REMOVE and _OWNER not in actor.rights):
            return None
    if not actor.is_operator and actor.tenant_status not in _STATES.get(act, ("active",)):
        return _INACTIVE
    allowed = (
        _NEEDED[act] in actor.rights
        and (actor.is_operator or _same_tenant(actor, target))
        # Actors cannot change a user who holds more rights, nor grant rights that they lack.
        and target.rights | gift <= actor.rights
        and not (target.tenant_id is not None and gift & OPERATORS_OWN)
        and (act is not Act.INVITE or gift <= _NEWCOMERS or "users:assign_roles" in actor.rights)
    )
    return None if allowed else _REFUSALS.get(act, _FORBIDDEN)


def is_torn(person: UserDocument) -> bool:
    """Whether a user belongs to a tenant and is an operator at once, which must never happen."""
    return person.get("tenantId") is not None and bool(_held(person) & OPERATORS_OWN)


def _refused_entry(person: Standing, tenant: Standing) -> str | None:
    """Why a user may not join a tenant by their own will: as its founder, or with its invitation."""
    free = person.tenant_id is None and not person.is_operator and not person.rights & OPERATORS_OWN
    if not free:
        return _FORBIDDEN
    # A founder joins a tenant that is being created: it has no state that could forbid it.
    return None if tenant.tenant_id is None or tenant.tenant_status == "active" else _INACTIVE


def _same_tenant(actor: Standing, target: Standing) -> bool:
    return actor.tenant_id is not None and actor.tenant_id == target.tenant_id


def _held(person: UserDocument) -> frozenset[str]:
    direct = {*(person.get("permissions") or ()), *(person.get("grantedPermissions") or ())}
    return permissions_of(person.get("roles") or ()) | direct


def _beside(words: Iterable[str], user_id: str | None, tenant: TenantDocument) -> set[str]:
    held = system_roles(words)
    if OPERATOR in held:
        return {_STAFF, _LISTED, _OWNER, _PLATFORM}
    rights = {_STAFF} if held & {ADMIN, MANAGER} else set()
    if user_id is not None and user_id == text_id(tenant.get("ownerId")):
        rights |= {_OWNER, _LISTED}
    if user_id in [text_id(person) for person in tenant.get("adminIds") or ()]:
        rights.add(_LISTED)
    return rights
