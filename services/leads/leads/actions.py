"""Use cases of leads: create, change, delete."""

import uuid
from typing import Any, cast

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.keeping import keeping
from core.documents.scope import TenantScope
from core.documents.shapes import Reference
from core.documents.transactions import transactional
from core.errors import BadRequest, PreconditionFailed, existing
from services.leads.directory.queries import MEMBER, strangers
from services.leads.leads import rules
from services.leads.leads.documents import EMAIL, PHONE, Contact, Entry, Keys, LeadDocument
from services.leads.leads.keys import keys_of
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_change, publish_lead
from services.leads.leads.queries import key_of

_DUPLICATE = "Duplicate lead detected"
NOT_A_MEMBER = f"assignedTo must be {MEMBER}"


def create_lead(scope: TenantScope, fields: LeadDocument) -> LeadDocument:
    """Create a lead and return it. Raises BadRequest for broken rules, for an owner who is no member of the tenant, and for a
    live lead of the tenant with the same e-mail or phone; two at the same time cannot both pass."""
    faults = rules.faults_of(fields, new=True)
    if faults:
        raise invalid(faults)
    check_owner(scope, fields["assignedTo"])
    try:
        return _create(scope, fields)
    except DuplicateKeyError:
        raise duplicate(_clashes(scope, fields["contactInfo"]) or ["email"]) from None


@transactional("leads")
def _create(scope: TenantScope, fields: LeadDocument) -> LeadDocument:
    clashes = _clashes(scope, fields["contactInfo"])
    if clashes:
        raise duplicate(clashes)
    lead = LEADS.scoped(scope).insert_one(new_lead(scope, fields))
    publish_lead("created", lead)
    return lead


def new_lead(scope: TenantScope, fields: LeadDocument) -> LeadDocument:
    """Return the document of a lead that is about to be created from checked `fields`."""
    status, actor = fields.get("status", "new"), person_id(scope.actor_id)
    return {
        "communicationHistory": [],
        "appointments": [],
        "propertiesViewed": [],
        "offers": [],
        "tags": [],
        "pagesViewed": [],
        "priority": "medium",
        **fields,
        **cast(Keys, keys_of(fields["contactInfo"])),
        "leadId": str(uuid.uuid4()),
        "status": status,
        "assignedTo": person_id(fields["assignedTo"]),
        "createdBy": actor,
        "updatedBy": actor,
        "activities": [activity("status_change", f"Lead created with status: {status}", scope)],
    }


@transactional("leads")
def update_lead(
    scope: TenantScope, lead_id: str, changes: LeadDocument, *, revision: int | None = None
) -> LeadDocument:
    """Change a lead's members; null clears one. Raises NotFound; BadRequest for broken rules, a status that the table does not
    allow, or a new owner who is no member of the tenant; PreconditionFailed when `revision` is not the stored one."""
    lead = _lead_to_change(scope, lead_id)
    if revision is not None and lead.get("rev", 0) != revision:
        raise PreconditionFailed("The lead was changed meanwhile")
    _check(lead, changes)
    if is_new_owner(lead, changes):
        check_owner(scope.for_tenant(lead["tenantId"]), changes["assignedTo"])
    return _change(scope, lead, changes) if changes else lead


@transactional("leads")
def hand_lead(scope: TenantScope, lead_id: str, owner: str) -> None:
    """Let a lead follow its assignment: `owner` was looked up when that was made, or had the lead before. Raises NotFound."""
    _change(scope, _lead_to_change(scope, lead_id), {"assignedTo": owner})


@transactional("leads")
def delete_lead(scope: TenantScope, lead_id: str) -> None:
    """Delete a lead softly; its e-mail and phone are free again. Raises NotFound."""
    gone = {"$set": {"deletedAt": now(), "updatedBy": person_id(scope.actor_id)}}
    gone["$unset"] = {"emailKey": "", "phoneKey": ""}
    lead = existing(LEADS.scoped(scope).update_and_get(key_of(lead_id), gone), "Lead not found")
    publish_lead("deleted", lead)


def check_owner(scope: TenantScope, owner: Reference | None) -> None:
    """Raise BadRequest unless leads of the tenant can be given to `owner`."""
    scope.require_tenant()
    if strangers(scope, [owner]):
        raise BadRequest([NOT_A_MEMBER])


def is_new_owner(lead: LeadDocument, changes: LeadDocument) -> bool:
    """Whether `changes` give a lead to another user. The present owner may be unknown to the directory: leads of the old
    system can still be changed otherwise."""
    return "assignedTo" in changes and str(lead.get("assignedTo")) != str(person_id(changes["assignedTo"]))


def activity(kind: str, description: str, scope: TenantScope) -> Entry:
    """Return an entry of a lead's activity list."""
    return {"type": kind, "description": description, "timestamp": now(), "userId": person_id(scope.actor_id)}


def invalid(faults: list[rules.Fault]) -> BadRequest:
    """Return the problem of a lead that breaks rules; its body has neither statusCode nor error (leads-rules §1)."""
    message = "Lead validation failed"
    return BadRequest(message, body={"message": message, "errors": faults})


def duplicate(fields: list[str], email: str | None = None) -> BadRequest:
    """Return the problem of a lead that is there already; among several it is named by its e-mail."""
    message = f"{_DUPLICATE} for {email}" if email else _DUPLICATE
    return BadRequest(message, body={"message": message, "duplicateFields": fields})


def _clashes(scope: TenantScope, contact: Contact, *, other_than: ObjectId | None = None) -> list[str]:
    """Return which of email and phone a live lead of the tenant has already, by key or, in old documents, by text."""
    keys = keys_of(contact)
    same: list[Document] = [{name: key} for name, key in keys.items()]
    same += [{f"contactInfo.{name}": contact[name]} for name in ("email", "phone") if contact.get(name)]
    if other_than is not None:
        same = [{**query, "_id": {"$ne": other_than}} for query in same]
    shown = {"emailKey": 1, "phoneKey": 1, EMAIL: 1, PHONE: 1}
    found = list(LEADS.scoped(scope).find_any(same, shown, limit=10)) if same else []
    return [name for name in ("email", "phone") if any(_same(lead, name, contact, keys) for lead in found)]


def _same(lead: LeadDocument, name: str, contact: Contact, keys: dict[str, str]) -> bool:
    stored = (lead.get("contactInfo") or {}).get(name)
    return bool((stored and stored == contact.get(name)) or lead.get(f"{name}Key", "") == keys.get(f"{name}Key"))


def _lead_to_change(scope: TenantScope, lead_id: str) -> LeadDocument:
    return existing(LEADS.scoped(scope).find_one(key_of(lead_id)), "Lead not found")


def _change(scope: TenantScope, lead: LeadDocument, changes: LeadDocument) -> LeadDocument:
    stored = LEADS.scoped(scope).update_and_get({"_id": lead["_id"]}, _update_of(scope, lead, changes))
    assert stored is not None
    publish_change(lead, stored)
    return stored


def _check(lead: LeadDocument, changes: LeadDocument) -> None:
    faults = rules.faults_of(changes, new=False, known_state=_state_of(lead))
    if faults:
        raise invalid(faults)
    status = changes.get("status")
    if status and not rules.may_become(lead["status"], status):
        raise invalid([rules.transition_fault(lead["status"], status)])


def _update_of(scope: TenantScope, lead: LeadDocument, changes: LeadDocument) -> Document:
    # Null is stored as such, as the old system did.
    set_ = keeping(lead, changes, rules.SENT)
    if "assignedTo" in changes:
        set_["assignedTo"] = person_id(changes["assignedTo"])
    unset: Document = {}
    if "contactInfo" in set_:
        keys = keys_of(set_["contactInfo"])
        taken = _clashes(scope.for_tenant(lead["tenantId"]), set_["contactInfo"], other_than=lead["_id"])
        # A change may make a duplicate, as before; it is then known by its text only.
        held = {f"{name}Key": keys.get(f"{name}Key") for name in ("email", "phone") if name not in taken}
        unset = {name: "" for name in ("emailKey", "phoneKey") if not held.get(name)}
        set_ = {**set_, **cast(Keys, {name: key for name, key in held.items() if key})}
    update: Document = {"$set": {**set_, "updatedBy": person_id(scope.actor_id)}}
    entries = _activities(scope, lead, set_)
    if entries:
        update["$push"] = {"activities": {"$each": entries}}
    return update | ({"$unset": unset} if unset else {})


def _activities(scope: TenantScope, lead: LeadDocument, changes: LeadDocument) -> list[Entry]:
    entries: list[Entry] = []
    old, new = lead["status"], changes.get("status", lead["status"])
    if old != new:
        text = f"Status changed from {old} to {new}"
        entries.append(activity("status_change", text, scope))
    after = changes.get("assignedTo", lead.get("assignedTo"))
    if str(lead.get("assignedTo")) != str(after):
        entries.append(activity("assignment", f"Lead reassigned to user {after}", scope))
    return entries


def _state_of(lead: LeadDocument) -> Any:
    contact = lead.get("contactInfo")
    address = contact.get("address") if isinstance(contact, dict) else None
    return address.get("state") if isinstance(address, dict) else None


def person_id(user_id: Reference | None) -> Reference | None:
    """Return a person's id as it is stored: an ObjectId, or the text of a UUID."""
    return object_id(user_id) or user_id
