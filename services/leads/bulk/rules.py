"""Rules of bulk operations (contract/leads-rules.md §8). Pure."""

import secrets
from datetime import timedelta

from services.leads.bulk.documents import OperationDocument

UPDATE, DELETE, ASSIGN, STATUS, STAGE = KINDS = ("update", "delete", "assign", "changeStatus", "changeStage")
UNDO = "undo_"
UNDONE = "undone"
MOST_LEADS = 1_000
# How many leads a step changes: a transaction of half a second.
BATCH = 50
UNDO_WINDOW = timedelta(hours=24)
# The one member that each of these operations sets.
MEMBER = {ASSIGN: "assignedTo", STATUS: "status", STAGE: "stageId"}
_CHARACTERS = "0123456789abcdefghijklmnopqrstuvwxyz"

NO_IDS = "No lead IDs provided"
TOO_MANY = f"Maximum {MOST_LEADS} leads can be processed in a single operation"


def operation_id(milliseconds: int) -> str:
    """Return a new operation's id: bulk_<epoch ms>_<9 base-36 characters>."""
    return f"bulk_{milliseconds}_{''.join(secrets.choice(_CHARACTERS) for _ in range(9))}"


def fault_of_ids(ids: object) -> str | None:
    """Return what is wrong with the ids of a request, or None."""
    if not isinstance(ids, list) or not ids:
        return NO_IDS
    return TOO_MANY if len(ids) > MOST_LEADS else None


def malformed(value: object) -> str:
    """Return the old storage's words for an invalid id."""
    shown = f'"{value}" (type string)' if isinstance(value, str) else str(value)
    return f'Cast to ObjectId failed for value {shown} at path "_id" for model "Lead"'


def can_be_undone(kind: str) -> bool:
    """Whether an operation of this kind may be taken back."""
    return kind != DELETE and not kind.startswith(UNDO)


def progress(operation: OperationDocument) -> int:
    """Return how much of an operation is done, in percent."""
    total = operation["totalRecords"]
    return round(operation["done"] / total * 100) if total else 100
