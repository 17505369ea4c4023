"""The caller of a request, as the verified token and the access table describe it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from core.documents.scope import TenantScope
from core.identity.roles import ADMIN, OPERATOR, permissions_of, system_roles


@dataclass(frozen=True)
class Principal:
    """A caller. Ids are text as the token carries them; `claims` is the verified token payload."""

    user_id: str
    email: str
    tenant_id: str | None
    roles: tuple[str, ...]
    status: str = "active"
    session_id: str | None = None
    token_id: str | None = None
    # The signing key that the token names; None for those of the shared secret.
    key_id: str | None = None
    issued_at: int = 0
    expires_at: int = 0
    tenant_name: str | None = None
    extra_permissions: tuple[str, ...] = ()
    # Which revision of the person the token was made from; None for the old system's tokens.
    revision: int | None = None
    claims: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False)

    is_authenticated = True

    @property
    def token_key(self) -> str:
        """What distinguishes this token from the user's others; the old system's tokens have no id but a moment."""
        return f"{self.user_id}:{self.token_id or self.issued_at}"

    @cached_property
    def system_roles(self) -> frozenset[str]:
        """The caller's system roles."""
        return system_roles(self.roles)

    @cached_property
    def permissions(self) -> frozenset[str]:
        """The caller's permissions by role, plus those granted to the user document."""
        return permissions_of(self.roles) | frozenset(self.extra_permissions)

    @property
    def is_operator(self) -> bool:
        """Whether the caller runs the platform, beyond any tenant."""
        return OPERATOR in self.system_roles

    @property
    def is_admin(self) -> bool:
        """Whether the caller administers a tenant or the platform."""
        return bool(self.system_roles & {OPERATOR, ADMIN})

    def has_role(self, *roles: str) -> bool:
        """Whether the caller holds one of `roles`, literally or by equivalence; operators always do."""
        return self.is_operator or bool(set(roles) & set(self.roles)) or bool(system_roles(roles) & self.system_roles)

    def may(self, *permissions: str) -> bool:
        """Whether the caller holds all of `permissions`."""
        return set(permissions) <= self.permissions

    @property
    def scope(self) -> TenantScope:
        """The documents that the caller may see: the own tenant's; an operator without tenant sees all."""
        everywhere = self.is_operator and self.tenant_id is None
        return TenantScope(tenant_id=self.tenant_id, actor_id=self.user_id, everywhere=everywhere)
