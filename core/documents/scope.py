"""The tenant scope: whose documents a query may see. Every query and action takes one as its first argument."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from core.errors import NoTenant

_active: ContextVar["TenantScope | None"] = ContextVar("leadmesh_scope", default=None)


class UnscopedQuery(RuntimeError):
    """A tenant's collection was asked without a tenant scope: a programming error, never an answer."""


@dataclass(frozen=True, slots=True)
class TenantScope:
    """Whose documents may be seen and who asks.

    tenant_id: the tenant's document id as text, or None for a caller without tenant, who sees no tenant's documents.
    actor_id: the id of the acting user as text, None for system code.
    everywhere: no tenant limit; only platform operators, and code that says why (`everywhere`).
    """

    tenant_id: str | None
    actor_id: str | None = None
    everywhere: bool = False

    @classmethod
    def of_tenant(cls, tenant_id: str, actor_id: str | None = None) -> "TenantScope":
        """Return the scope of one tenant."""
        return cls(tenant_id=tenant_id, actor_id=actor_id)

    def require_tenant(self) -> None:
        """Raise NoTenant for a scope without one."""
        if self.tenant_id is None:
            raise NoTenant

    def for_tenant(self, tenant_id: str) -> "TenantScope":
        """Return this scope narrowed to `tenant_id`. Raises UnscopedQuery when that would widen it."""
        if not self.everywhere and tenant_id != self.tenant_id:
            raise UnscopedQuery("a scope cannot be moved to another tenant")
        return replace(self, tenant_id=tenant_id, everywhere=False)


def everywhere(reason: str) -> TenantScope:
    """Return a scope without tenant limit, for `Collection.across_tenants` alone. Raises UnscopedQuery without a reason."""
    if not reason.strip():
        raise UnscopedQuery("a step over a tenant's wall needs its reason")
    return TenantScope(tenant_id=None, everywhere=True)


def active_scope() -> TenantScope | None:
    """Return the scope that Django model managers use now, set by `activate` (the admin does)."""
    return _active.get()


@contextmanager
def activate(scope: TenantScope) -> Iterator[TenantScope]:
    """Let Django model managers see the documents of `scope` inside the block."""
    token = _active.set(scope)
    try:
        yield scope
    finally:
        _active.reset(token)
