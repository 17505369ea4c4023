"""A user who lost access, or left a tenant, loses the sessions as well."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.auth.sessions.actions import end_sessions_elsewhere, end_sessions_of


@handles("user.updated", "user.deleted", service="auth")
def access_lost(event: Event) -> None:
    """End the sessions of a person who was suspended, deactivated or deleted, and those in a tenant that is not theirs now."""
    person = event.payload
    if person.deleted or person.status in ("suspended", "inactive"):
        end_sessions_of(person.user_id, reason=person.status)
    else:
        end_sessions_elsewhere(person.user_id, person.tenant_id)
