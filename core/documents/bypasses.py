"""Where code steps over a tenant's wall, and why: core's own places. An app of a service has its own in its `bypasses.py`.

Nothing else does: `tests/core/test_bypasses.py` lists every one of them."""

from collections.abc import Mapping
from typing import Any, TypeVar

from core.documents.collection import Collection, ScopedDocuments
from core.documents.scope import TenantScope

T = TypeVar("T", bound=Mapping[str, Any])


def every_run(runs: Collection[T]) -> ScopedDocuments[T]:
    """Return the runs of all tenants, for the workers that go on with them."""
    return runs.across_tenants("the same workers go on with the runs of all tenants")


def about(user_id: str, scope: TenantScope, collection: Collection[T]) -> ScopedDocuments[T]:
    """Return the documents among which those about `user_id` are: the scope's, or all when that is the scope's own user."""
    if user_id != scope.actor_id:
        return collection.scoped(scope)
    return collection.across_tenants("what is about oneself one may see, whichever tenant it is from")
