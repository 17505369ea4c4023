"""Where users.accounts steps over a tenant's wall, and why (`core.documents.bypasses`)."""

from core.documents.collection import ScopedDocuments
from services.users.accounts.documents import ActivityDocument, StatusChangeDocument, UserDocument
from services.users.accounts.models import ACTIVITIES, STATUS_HISTORY, USERS


def everyone() -> ScopedDocuments[UserDocument]:
    """Return all people: to be asked by id or address."""
    return USERS.across_tenants("ids and addresses of people are unique across tenants, and some people have no tenant")


def activity_log() -> ScopedDocuments[ActivityDocument]:
    """Return the whole activity log: to be written to."""
    return ACTIVITIES.across_tenants("an entry carries the tenant of the person whom it is about")


def status_log() -> ScopedDocuments[StatusChangeDocument]:
    """Return the whole history of statuses: to be written to."""
    return STATUS_HISTORY.across_tenants("an entry carries the tenant of the person whom it is about")
