"""Documents that the old system can read: what every test is checked for when it ends.

Both systems work on the same documents during a migration, so whatever an API, an admin or a task stores must fit the old one's
schemas."""

from django.conf import settings

from core.documents.driver import database
from core.documents.schemas import faults_of, schemas_of
from tests.revisions import arranged


def faults() -> list[str]:
    """Return a sentence for each member of a document of ours that does not fit the old system's schema.

    Documents without revision were stored by a test, in the old system's stead."""
    return [
        f"{service}.{name} {document['_id']}: {fault.text}"
        for service in settings.SERVICES
        for name, schema in schemas_of(service).items()
        for document in database(service)[name].find({"rev": {"$exists": True}})
        if str(document["_id"]) not in arranged
        for fault in faults_of(document, schema)
    ]
