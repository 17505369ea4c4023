"""Where users.invitations steps over a tenant's wall, and why (`core.documents.bypasses`)."""

from core.documents.collection import ScopedDocuments
from services.users.invitations.documents import InvitationDocument
from services.users.invitations.models import INVITATIONS


def all_invitations() -> ScopedDocuments[InvitationDocument]:
    """Return all invitations: to be asked by id or token."""
    return INVITATIONS.across_tenants("an invited person is not in the tenant yet")
