"""The two role vocabularies, their equivalence and the permission matrix (contract/users-rules.md §3).

Access is decided on system roles and permissions; the literal words of the old system map onto them.
"""

from collections.abc import Iterable

OPERATOR, ADMIN, MANAGER, AGENT, VIEWER = "SUPER_ADMIN", "TENANT_ADMIN", "MANAGER", "AGENT", "VIEWER"

# The six roles that may stand on a user document (users-rules §3.1).
USER_ROLES = ("admin", "manager", "user", "viewer", "acquisitions", "dispositions")
SYSTEM_ROLES = (OPERATOR, ADMIN, MANAGER, AGENT, VIEWER)

_SYSTEM_ROLE_OF = {
    "SUPER_ADMIN": OPERATOR,
    "admin": ADMIN,
    "TENANT_ADMIN": ADMIN,
    "manager": MANAGER,
    "MANAGER": MANAGER,
    "agent": AGENT,
    "AGENT": AGENT,
    "user": AGENT,
    "acquisitions": AGENT,
    "dispositions": AGENT,
    "viewer": VIEWER,
    "VIEWER": VIEWER,
}

# permission: the system roles that hold it, by first letter (Operator, Admin, Manager, aGent, Viewer).
_MATRIX = {
    "leads:create": "OAM",
    "leads:read": "OAMGV",
    "leads:update": "OAMG",
    "leads:delete": "OA",
    "leads:assign": "OAM",
    "leads:export": "OAM",
    "buyers:create": "OAM",
    "buyers:read": "OAMGV",
    "buyers:update": "OAMG",
    "buyers:delete": "OA",
    "buyers:assign": "OAM",
    "users:create": "OA",
    "users:read": "OAMGV",
    "users:update": "OA",
    "users:delete": "OA",
    "users:assign_roles": "OA",
    "analytics:read": "OAMGV",
    "reports:generate": "OAM",
    "reports:export": "OA",
    "system:settings": "OA",
    "system:integrations": "OA",
    "system:backup": "O",
    "communications:send": "OAMG",
    "communications:read": "OAMGV",
    "communications:delete": "OA",
    "automation:create": "OA",
    "automation:read": "OAMGV",
    "automation:update": "OA",
    "automation:delete": "OA",
    "automation:execute": "OAM",
    "tenant:create": "O",
    "tenant:read": "OA",
    "tenant:update": "OA",
    "tenant:delete": "O",
    "tenant:user_manage": "OA",
    "tenant:settings": "OA",
}
_LETTER = {OPERATOR: "O", ADMIN: "A", MANAGER: "M", AGENT: "G", VIEWER: "V"}

PERMISSIONS = tuple(_MATRIX)

# Dispositions sell to buyers all day: a manager's permissions, for buyers only (buyers-rules §8).
_EXTRA = {"dispositions": frozenset({"buyers:create", "buyers:assign"})}


def system_roles(roles: Iterable[str]) -> frozenset[str]:
    """Return the system roles that the role words `roles` amount to; unknown words amount to none."""
    return frozenset(_SYSTEM_ROLE_OF[role] for role in roles if role in _SYSTEM_ROLE_OF)


def role_permissions(system_role: str) -> tuple[str, ...]:
    """Return the permissions of one system role, in the matrix' order."""
    return tuple(name for name, letters in _MATRIX.items() if _LETTER[system_role] in letters)


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """Return all permissions of a caller with the role words `roles`.

    A permission name held literally as a role counts too: the old tenant routes checked for that.
    """
    words = tuple(roles)
    held = {permission for role in system_roles(words) for permission in role_permissions(role)}
    extra = {permission for word in words for permission in _EXTRA.get(word, ())}
    return frozenset(held | extra | {word for word in words if word in _MATRIX})
