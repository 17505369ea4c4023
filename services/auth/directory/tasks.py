"""Event handlers of auth for users."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.auth.directory.actions import project


@handles("user.created", "user.updated", "user.deleted", service="auth")
def person_changed(event: Event) -> None:
    """Keep the directory."""
    person = event.payload
    unsaid = () if person.email_verified_at else ("emailVerifiedAt",)
    fields = person.members(without=("userId", "deleted", *unsaid))
    project(person.user_id, event.version, fields | {"status": "inactive" if person.deleted else person.status})
