"""Which documents a dry run may put back: those of its service that belong to the caller."""

from collections.abc import Iterable, Mapping

from core.documents.collection import EVERY_SERVICE
from core.documents.declared import declared_of
from core.documents.driver import database
from core.documents.scope import TenantScope
from core.dryrun.trial import Before
from core.errors import Forbidden


def check(service: str, scope: TenantScope, befores: Iterable[Before]) -> None:
    """Return if all of `befores`, and what is stored under their ids now, may be put back for the caller. Raises Forbidden."""
    own = {one.name for one in declared_of(service) if one.service != EVERY_SERVICE}
    for before in befores:
        if before.collection not in own:
            raise Forbidden(f"{before.collection} is no collection of {service}")
        stored = database(service)[before.collection].find_one({"_id": before.key})
        if not all(_is_theirs(one, scope) for one in (before.document, stored) if one is not None):
            raise Forbidden("A document that is not the caller's cannot be put back")
        if before.document is not None and before.document.get("_id") != before.key:
            raise Forbidden("A document is put back under its own id")


def _is_theirs(document: Mapping[str, object], scope: TenantScope) -> bool:
    if scope.everywhere:
        return True
    tenant = document.get("tenantId")
    if tenant is not None:
        return str(tenant) == scope.tenant_id
    # Of no tenant: the tenant itself, or what is about the caller.
    return str(document["_id"]) in (scope.tenant_id, scope.actor_id) or str(document.get("userId")) == scope.actor_id
