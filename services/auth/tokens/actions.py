"""The use case of the own profile at auth."""

from core.documents.ids import object_id
from core.documents.transactions import transactional
from core.errors import BadRequest
from core.events.outbox import record
from core.events.payloads import AccountProfileChanged
from services.auth.directory.actions import change_person
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import person_by_id


@transactional("auth")
def change_profile(user_id: str, changes: PersonDocument) -> PersonDocument:
    """Change the user's own names, picture or settings and return what the directory holds of them ({} for a user
    who is not in it yet). The service users, which owns users, gets an event. Raises BadRequest for a test identity."""
    if object_id(user_id) is None:
        raise BadRequest("A test identity has no profile to change")
    if not changes:
        return person_by_id(user_id) or {}
    person = change_person(user_id, changes) or changes
    payload = AccountProfileChanged(
        user_id=user_id,
        first_name=changes.get("firstName"),
        last_name=changes.get("lastName"),
        picture=changes.get("picture"),
        settings=changes.get("settings"),
    )
    record("account.profile_changed", payload, entity_id=user_id, tenant_id=person.get("tenantId"))
    return person
