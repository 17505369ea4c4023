"""Use cases for several leads at once: all of them or none, in one transaction and a fixed number of statements."""

from pymongo.errors import BulkWriteError

from core.documents.database import Document
from core.documents.ids import object_id, uuid_text
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.errors import BadRequest
from services.leads.directory.queries import strangers
from services.leads.leads import rules
from services.leads.leads.actions import (
    NOT_A_MEMBER,
    activity,
    check_owner,
    duplicate,
    invalid,
    is_new_owner,
    new_lead,
    person_id,
)
from services.leads.leads.documents import Contact, LeadDocument
from services.leads.leads.keys import keys_of
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_changes, publish_leads

_FOREIGN = "Some leads not found or do not belong to this tenant"
_DUPLICATE_KEY = 11_000


def create_leads(scope: TenantScope, leads: list[LeadDocument]) -> list[LeadDocument]:
    """Create all of `leads` and return them in their order. Raises BadRequest for the first one that breaks rules or whose e-mail
    or phone a live lead of the tenant, or one before it, has; and for owners who are no members of the tenant."""
    for number, fields in enumerate(leads):
        faults = rules.faults_of(fields, new=True)
        if faults:
            _refuse_taken(scope, leads[:number])
            raise invalid(faults)
    unknown = strangers(scope, {fields["assignedTo"] for fields in leads})
    if unknown:
        places = [number for number, fields in enumerate(leads) if fields["assignedTo"] in unknown]
        raise BadRequest([f"leads.{number}.{NOT_A_MEMBER}" for number in places])
    try:
        return _create_all(scope, leads)
    except BulkWriteError as error:
        clashes = [fault for fault in error.details["writeErrors"] if fault["code"] == _DUPLICATE_KEY]
        if not clashes:
            raise
        field = "phone" if "phoneKey" in clashes[0]["errmsg"] else "email"
        raise duplicate([field], clashes[0]["op"]["contactInfo"]["email"]) from None


@transactional("leads")
def _create_all(scope: TenantScope, leads: list[LeadDocument]) -> list[LeadDocument]:
    _refuse_taken(scope, leads)
    stored = LEADS.scoped(scope).insert_many([new_lead(scope, fields) for fields in leads])
    publish_leads("created", stored)
    return stored


@transactional("leads")
def update_leads(scope: TenantScope, lead_ids: list[str], changes: LeadDocument) -> None:
    """Make the same `changes` in all of these leads; any status may follow any other (leads-rules §5).

    Raises BadRequest when an id is unknown, foreign or named twice, or the new owner is no member of the tenant; then nothing is
    changed."""
    view = LEADS.scoped(scope)
    before = {lead["_id"]: lead for lead in view.find_any(_queries(lead_ids))} if lead_ids else {}
    if len(before) != len(lead_ids):
        raise BadRequest(_FOREIGN)
    if not changes or not before:
        return
    if any(is_new_owner(lead, changes) for lead in before.values()):
        check_owner(scope, changes["assignedTo"])
    entry = activity("other", f"Bulk update: {', '.join(changes)}", scope)
    stored: LeadDocument = {**changes, "updatedBy": person_id(scope.actor_id)}
    if "assignedTo" in changes:
        stored["assignedTo"] = person_id(changes["assignedTo"])
    view.update_many({"_id": {"$in": list(before)}}, {"$push": {"activities": entry}}, sets=stored)
    publish_changes((before[lead["_id"]], lead) for lead in view.find({"_id": {"$in": list(before)}}))


def _queries(lead_ids: list[str]) -> list[Document]:
    keys = [object_id(text) for text in lead_ids]
    uuids = [uuid_text(text) for text in lead_ids if object_id(text) is None]
    return [{"_id": {"$in": [key for key in keys if key]}}, {"leadId": {"$in": uuids}}]


def _refuse_taken(scope: TenantScope, leads: list[LeadDocument]) -> None:
    """Raise BadRequest for the first of `leads` whose e-mail or phone a live lead, or one before it, has."""
    contacts = [fields["contactInfo"] for fields in leads]
    taken = {name: _taken(scope, name, contacts) for name in ("email", "phone")}
    for contact in contacts:
        own = {name: _known_by(name, contact) for name in taken}
        clashes = [name for name in taken if taken[name] & own[name]]
        if clashes:
            raise duplicate(clashes, contact["email"])
        for name in taken:
            taken[name] |= own[name]


def _known_by(name: str, contact: Contact) -> set[str]:
    """Return a contact's e-mail or phone as key and as it is written."""
    return {text for text in (keys_of(contact).get(f"{name}Key"), contact.get(name)) if isinstance(text, str)}


def _taken(scope: TenantScope, name: str, contacts: list[Contact]) -> set[str]:
    """Return those e-mails or phones of `contacts` that live leads have, as keys and as they are written."""
    keys = [key for contact in contacts if (key := keys_of(contact).get(f"{name}Key"))]
    texts = [text for contact in contacts if (text := contact.get(name))]
    # Leads of the old system have no keys: they are known by their text.
    queries: list[Document] = [{f"{name}Key": {"$in": keys}}, {f"contactInfo.{name}": {"$in": texts}}]
    projection = {f"{name}Key": 1, f"contactInfo.{name}": 1}
    found = LEADS.scoped(scope).find_any(queries, projection) if contacts else []
    return {
        text
        for lead in found
        for text in (lead.get(f"{name}Key"), lead["contactInfo"].get(name))
        if isinstance(text, str)
    }
