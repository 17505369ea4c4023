"""Event handlers of leads for users."""

from core.events.envelope import Event
from core.events.handlers import handles
from core.events.projections import upsert_newer
from services.leads.directory.models import PEOPLE


@handles("user.created", "user.updated", "user.deleted", service="leads")
def person_changed(event: Event) -> None:
    """Keep the directory."""
    person = event.payload
    fields = {
        "tenantId": person.tenant_id,
        "name": f"{person.first_name} {person.last_name}".strip(),
        "email": person.email,
        "status": "inactive" if person.deleted else person.status,
        "roles": person.roles,
    }
    upsert_newer(PEOPLE, person.user_id, event.version, fields)
