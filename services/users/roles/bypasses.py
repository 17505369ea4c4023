"""Where users.roles steps over a tenant's wall, and why (`core.documents.bypasses`)."""

from core.documents.collection import ScopedDocuments
from services.users.roles.documents import AssignmentDocument, RoleDocument
from services.users.roles.models import ASSIGNMENTS, ROLES


def all_roles() -> ScopedDocuments[RoleDocument]:
    """Return all roles: to be asked by id, or by filters that name their tenant."""
    return ROLES.across_tenants("shared roles belong to no tenant and are read beside those of one")


def all_assignments() -> ScopedDocuments[AssignmentDocument]:
    """Return all assignments of roles: to be asked by a person or a role that was found in the caller's scope."""
    return ASSIGNMENTS.across_tenants("the sweep serves all tenants, and operators hold roles without a tenant")
