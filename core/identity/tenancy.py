"""The tenant of a request: the token's. Headers may only confirm it (contract/users-rules.md §5)."""

from dataclasses import replace

from core.documents.ids import object_id
from core.errors import OUTSIDER, Forbidden
from core.identity.access import tenant_entry
from core.identity.principals import Principal


def with_requested_tenant(principal: Principal, requested: str | None) -> Principal:
    """Return `principal` in the tenant that the header `X-Tenant-ID` names.

    An operator may choose any tenant. Other callers must name their own, by id, UUID, name or subdomain.
    Raises Forbidden otherwise.
    """
    if not requested or requested in (principal.tenant_id, principal.tenant_name):
        return principal
    if principal.is_operator:
        if object_id(requested) is None:
            raise Forbidden("Invalid or inactive tenant")
        return replace(principal, tenant_id=requested, tenant_name=None)
    own = tenant_entry(principal.tenant_id) if principal.tenant_id else None
    if own and requested in (own.get("uuid"), own.get("name"), own.get("subdomain")):
        return principal
    raise Forbidden(OUTSIDER)
