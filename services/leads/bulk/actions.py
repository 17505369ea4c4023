"""Use cases of bulk operations: start one, undo one, and the steps of both.

An operation is stored before anything is done, and each step in one transaction with its changes: a worker that continues after a
crash (services.leads.bulk.tasks) does no lead twice.
"""

import time
from typing import Any, cast

from bson import ObjectId

from core import runs
from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id, uuid_text
from core.documents.scope import TenantScope
from core.documents.shapes import part_of
from core.documents.transactions import transactional
from core.errors import BadRequest
from services.leads.bulk import rules
from services.leads.bulk.documents import ImageDocument, OperationDocument
from services.leads.bulk.models import IMAGES, OPERATIONS
from services.leads.bulk.queries import leads_by_ids, operation_by_id
from services.leads.directory.queries import strangers
from services.leads.leads.actions import NOT_A_MEMBER, person_id
from services.leads.leads.documents import LeadDocument
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_changes, publish_leads

_FAILED = "Bulk operation failed: "
_UNKNOWN = "Lead not found"
_CHANGED = "Lead was changed since"


def run(scope: TenantScope, kind: str, lead_ids: Any, changes: dict[str, object]) -> OperationDocument:
    """Do an operation on all of these leads and return it as it ended. Raises BadRequest for invalid ids; the attempt is
    kept in the history."""
    fault = rules.fault_of_ids(lead_ids) or next((rules.malformed(one) for one in lead_ids if not _is_id(one)), None)
    if fault:
        refuse(scope, kind, lead_ids, fault)
    stored = _store(scope, kind, list(dict.fromkeys(lead_ids)), {"changes": changes})
    return go_on(scope, stored)


def refuse(scope: TenantScope, kind: str, lead_ids: object, fault: str) -> None:
    """Keep an attempt that cannot be made in the history, and raise BadRequest."""
    errors = [{"leadId": "system", "operation": kind, "message": fault}]
    ids = [str(one) for one in lead_ids[: rules.MOST_LEADS]] if isinstance(lead_ids, list) else []
    _store(scope, kind, ids, {"errors": errors, "status": runs.FAILED, "finishedAt": now()})
    raise BadRequest(f"{_FAILED}{fault}")


def go_on(scope: TenantScope, operation: OperationDocument) -> OperationDocument:
    """Work on an operation until it is over, and return it."""
    ended = runs.work_on(OPERATIONS, operation["_id"], step)
    return ended or operation_by_id(scope, operation["operationId"]) or operation


def undo(scope: TenantScope, operation_id: str) -> OperationDocument:
    """Take a completed operation back where the lead was not changed since, and return that operation as it ended. Raises
    BadRequest for one that is unknown, not completed, too old, undone, or of a kind that cannot be undone."""
    original = operation_by_id(scope, operation_id)
    if original is None:
        raise BadRequest("Operation not found")
    if original["status"] != runs.COMPLETED:
        raise BadRequest("Only completed operations can be undone")
    return go_on(scope, _start_undo(scope, original))


@transactional("leads")
def _start_undo(scope: TenantScope, original: OperationDocument) -> OperationDocument:
    kind, tenant = original["operation"], scope.for_tenant(original["tenantId"])
    in_time = original["createdAt"] > now() - rules.UNDO_WINDOW
    undone = _store(tenant, f"{rules.UNDO}{kind}", original["leadIds"], {"undoes": original["operationId"]})
    free = {"_id": original["_id"], "status": runs.COMPLETED, "undoOperationId": None}
    claimed = OPERATIONS.scoped(tenant).update_and_get(free, sets={"undoOperationId": undone["operationId"]})
    if not rules.can_be_undone(kind) or not in_time or claimed is None:
        raise BadRequest("This operation cannot be undone")
    return undone


def step(operation: OperationDocument) -> runs.Changes:
    """Do the next leads of an operation and return what to note in it (core.runs)."""
    scope = TenantScope.of_tenant(operation["tenantId"], operation["userId"])
    ids = operation["leadIds"][operation["done"] : operation["done"] + rules.BATCH]
    if not ids:
        return _end(scope, operation)
    work = _undo_some if operation["undoes"] else _do_some
    processed, faults = work(scope, operation, ids)
    errors = [{"leadId": text, "operation": operation["operation"], "message": why} for text, why in faults.items()]
    return {
        "done": operation["done"] + len(ids),
        "processedRecords": operation["processedRecords"] + processed,
        "failedRecords": operation["failedRecords"] + len(errors),
        "errors": operation["errors"] + errors,
    }


def _end(scope: TenantScope, operation: OperationDocument) -> runs.Changes:
    if operation["undoes"]:
        key = {"operationId": operation["undoes"]}
        OPERATIONS.scoped(scope).update_one(key, sets={"status": rules.UNDONE})
        IMAGES.scoped(scope).delete_many(key)
    return {"status": runs.COMPLETED}


def _do_some(scope: TenantScope, operation: OperationDocument, ids: list[str]) -> tuple[int, dict[str, str]]:
    """Change these leads; return how many were, and why others were not, by their ids."""
    owner = cast(str | None, operation["changes"].get("assignedTo"))
    if owner and strangers(scope, [owner]):
        return 0, dict.fromkeys(ids, NOT_A_MEMBER)
    found = leads_by_ids(scope, ids)
    leads = {lead["_id"]: lead for lead in found.values()}
    update = _update_of(scope, operation)
    LEADS.scoped(scope).update_many({"_id": {"$in": list(leads)}}, update)
    after = list(LEADS.scoped(scope).find({"_id": {"$in": list(leads)}, "deletedAt": {"$in": [None, _moment(update)]}}))
    _keep_images(scope, operation, leads, after, update)
    if operation["operation"] == rules.DELETE:
        publish_leads("deleted", after)
    else:
        publish_changes((leads[lead["_id"]], lead) for lead in after)
    return len(after), {text: _UNKNOWN for text in ids if text not in found}


def _update_of(scope: TenantScope, operation: OperationDocument) -> Document:
    """Return what the operation does to a lead, as MongoDB's update."""
    changes: dict[str, Any] = {**operation["changes"]}
    if operation["operation"] == rules.DELETE:
        changes["deletedAt"] = now()
    if "assignedTo" in changes:
        changes["assignedTo"] = person_id(changes["assignedTo"])
    update: Document = {"$set": {**changes, "updatedBy": person_id(scope.actor_id)}}
    if operation["operation"] == rules.DELETE or "contactInfo" in changes:
        # Deleted leads hold no address; the same contact in many leads is known by its text only.
        update["$unset"] = {"emailKey": "", "phoneKey": ""}
    return update


def _moment(update: dict[str, dict[str, object]]) -> Any:
    return update["$set"].get("deletedAt")


def _keep_images(
    scope: TenantScope,
    operation: OperationDocument,
    before: dict[ObjectId, LeadDocument],
    after: list[LeadDocument],
    update: Document,
) -> None:
    if not rules.can_be_undone(operation["operation"]):
        return
    touched = [*update["$set"], *update.get("$unset", {})]
    expires = now() + rules.UNDO_WINDOW
    images: list[ImageDocument] = [
        {
            "operationId": operation["operationId"],
            "expiresAt": expires,
            "leadId": lead["_id"],
            "rev": lead["rev"],
            "before": {**part_of(before[lead["_id"]], touched)},
            "without": [name for name in touched if name not in before[lead["_id"]]],
        }
        for lead in after
    ]
    IMAGES.scoped(scope).insert_many(images)


def _undo_some(scope: TenantScope, operation: OperationDocument, ids: list[str]) -> tuple[int, dict[str, str]]:
    """Give these leads back what they had; return how many got it, and why others did not."""
    leads = leads_by_ids(scope, ids)
    keys = {text: lead["_id"] for text, lead in leads.items()}
    query = {"operationId": operation["undoes"], "leadId": {"$in": list(keys.values())}}
    images = {image["leadId"]: image for image in IMAGES.scoped(scope).find(query)}
    same = {lead["_id"]: lead for lead in leads.values() if images.get(lead["_id"], {}).get("rev") == lead.get("rev")}
    changes = [({"_id": key}, _restoring(scope, images[key])) for key in same]
    LEADS.scoped(scope).update_each(changes)
    after = list(LEADS.scoped(scope).find({"_id": {"$in": list(same)}}))
    publish_changes((same[lead["_id"]], lead) for lead in after)
    faults = {text: _CHANGED if text in leads else _UNKNOWN for text in ids if keys.get(text) not in same}
    return len(after), faults


def _restoring(scope: TenantScope, image: ImageDocument) -> Document:
    update: Document = {"$set": {**image["before"], "updatedBy": person_id(scope.actor_id)}}
    gone = [name for name in image["without"] if name != "updatedBy"]
    return update | ({"$unset": dict.fromkeys(gone, "")} if gone else {})


def _store(scope: TenantScope, kind: str, lead_ids: list[str], members: OperationDocument) -> OperationDocument:
    scope.require_tenant()
    operation: OperationDocument = {
        **cast(OperationDocument, runs.new_run()),
        "operationId": rules.operation_id(time.time_ns() // 1_000_000),
        "operation": kind,
        "leadIds": lead_ids,
        "totalRecords": len(lead_ids),
        "done": 0,
        "processedRecords": 0,
        "failedRecords": 0,
        "changes": {},
        "errors": [],
        "undoes": None,
        "undoOperationId": None,
        "userId": scope.actor_id,
    }
    return OPERATIONS.scoped(scope).insert_one({**operation, **members})


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(object_id(value) or uuid_text(value))
