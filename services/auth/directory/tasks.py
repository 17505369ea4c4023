"""What auth hears of people."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.auth.directory.actions import project


@handles("user.created", "user.updated", "user.deleted", service="auth")
def person_changed(event: Event) -> None:
    """Keep the directory."""
    person = event.payload
    fields = {
        "email": person.email,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "displayName": person.display_name,
        "picture": person.picture,
        "status": "inactive" if person.deleted else person.status,
        "roles": person.roles,
        "permissions": person.permissions,
        "tenantId": person.tenant_id,
        "settings": person.settings,
        "googleId": person.google_id,
        "createdAt": person.created_at,
        "updatedAt": person.updated_at,
    }
    if person.email_verified_at:
        fields["emailVerifiedAt"] = person.email_verified_at
    project(person.user_id, event.version, fields)
