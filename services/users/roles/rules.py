"""Rules of role documents (contract/users-rules.md §3.3, §3.4). Pure."""

from collections.abc import Iterable, Sequence

from core.documents.ids import text_id
from core.identity.roles import ADMIN, AGENT, MANAGER, OPERATOR, PERMISSIONS, SYSTEM_ROLES, VIEWER, role_permissions
from services.users.roles.documents import RoleDocument

SYSTEM, CUSTOM = "system", "custom"
TYPES = (SYSTEM, CUSTOM)
_SHOWN = {
    OPERATOR: "Super Administrator",
    ADMIN: "Tenant Administrator",
    MANAGER: "Manager",
    AGENT: "Agent",
    VIEWER: "Viewer",
}
# What a role gives depends on these only.
_GIVING = ("permissions", "inheritedRoles", "isActive")


def system_role(name: str) -> RoleDocument:
    """Return the document of a system role, without id and tenant."""
    return {
        "name": name,
        "displayName": _SHOWN[name],
        "type": SYSTEM,
        "permissions": list(role_permissions(name)),
        "inheritedRoles": [],
        "isActive": True,
    }


def is_reserved(name: str) -> bool:
    """Whether only the platform may use this name: a tenant's own role would stand before the shared one."""
    return name in SYSTEM_ROLES


def unknown_permissions(names: Iterable[str]) -> list[str]:
    """Return those of `names` that are not among the 36 permissions, each once."""
    return [name for name in dict.fromkeys(names) if name not in PERMISSIONS]


def is_shared(role: RoleDocument) -> bool:
    """Whether a role belongs to every tenant."""
    return role.get("tenantId") is None and role.get("type") == SYSTEM


def belongs_to(role: RoleDocument, tenant_id: str | None) -> bool:
    """Whether people of the tenant may have this role; None stands for people without tenant."""
    return is_shared(role) or text_id(role.get("tenantId")) == tenant_id


def parents(role: RoleDocument, candidates: Sequence[RoleDocument]) -> list[RoleDocument]:
    """Return the active roles that `role` names in inheritedRoles: its own tenant's before shared ones."""
    active = [candidate for candidate in candidates if candidate.get("isActive")]
    shared = {candidate["name"]: candidate for candidate in active if is_shared(candidate)}
    tenant = text_id(role.get("tenantId"))
    own = {candidate["name"]: candidate for candidate in active if text_id(candidate.get("tenantId")) == tenant}
    named = {**shared, **own}
    return [named[name] for name in role.get("inheritedRoles") or () if name in named]


def effective(roles: Sequence[RoleDocument], candidates: Sequence[RoleDocument]) -> list[str]:
    """Return what `roles` give together: their own permissions, then those of their parents; one level, no parent's
    parent. Inactive roles give nothing. `candidates` are the roles among which parents are looked for."""
    active = [role for role in roles if role.get("isActive")]
    given = [*active, *(parent for role in active for parent in parents(role, candidates))]
    return list(dict.fromkeys(name for role in given for name in role.get("permissions") or ()))


def gives_otherwise(old: RoleDocument, new: RoleDocument) -> bool:
    """Whether a change of a role may change what its holders may do."""
    return any(old.get(name) != new.get(name) for name in _GIVING)


def is_operators(role: RoleDocument) -> bool:
    """Whether only operators hand this role out: the operator's own one, and whatever inherits it."""
    return OPERATOR in (role["name"], *(role.get("inheritedRoles") or ()))
