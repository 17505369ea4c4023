"""What happened to buyers, written in the transaction of each change."""

from collections.abc import Iterable, Mapping
from typing import Literal

from bson import ObjectId

from core.documents.scope import TenantScope
from services.buyers.buyers.documents import BuyerDocument, HistoryDocument
from services.buyers.buyers.models import HISTORY

Kind = Literal[
    "created",
    "updated",
    "status_changed",
    "preferences_changed",
    "imported",
    "match_created",
    "match_status_changed",
    "deleted",
]
# What the wire does not tell of a buyer, or what every change touches.
_UNTOLD = {"_id", "__v", "rev", "tenantId", "emailKey", "createdAt", "updatedAt", "createdBy", "updatedBy", "deletedAt"}
_PREFERENCES = {
    "preferredPropertyTypes",
    "investmentRange",
    "buyBox",
    "priceRange",
    "conditions",
    "fundingType",
    "notes",
}


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """Return `{field: {from, to}}` of the members that differ."""
    names = (before.keys() | after.keys()) - _UNTOLD
    return {
        name: {"from": before.get(name), "to": after.get(name)}
        for name in sorted(names)
        if before.get(name) != after.get(name)
    }


def kind_of(changes: Mapping[str, object]) -> Kind:
    """Return what a change is called: of the status alone, of preferences alone, or any other."""
    if changes.keys() == {"isActive"}:
        return "status_changed"
    return "preferences_changed" if changes and changes.keys() <= _PREFERENCES else "updated"


def note(scope: TenantScope, kind: Kind, buyer: ObjectId, changes: Mapping[str, object]) -> None:
    """Write one entry."""
    HISTORY.scoped(scope).insert_one(_entry(scope, kind, buyer, changes))


def note_changes(scope: TenantScope, pairs: Iterable[tuple[BuyerDocument, BuyerDocument]]) -> None:
    """Write an entry for each buyer, given before and after, that differs; in one statement."""
    found = [(after["_id"], differences(before, after)) for before, after in pairs]
    entries = [_entry(scope, kind_of(changes), buyer, changes) for buyer, changes in found if changes]
    if entries:
        HISTORY.scoped(scope).insert_many(entries)


def note_all(scope: TenantScope, kind: Kind, buyers: Iterable[BuyerDocument]) -> None:
    """Write the same entry for each buyer."""
    entries = [_entry(scope, kind, buyer["_id"], {}) for buyer in buyers]
    if entries:
        HISTORY.scoped(scope).insert_many(entries)


def entries_of(scope: TenantScope, buyer: ObjectId, limit: int) -> list[HistoryDocument]:
    """Return the latest entries of a buyer, newest first."""
    order = [("createdAt", -1), ("_id", -1)]
    return list(HISTORY.scoped(scope).find({"buyerId": buyer}, sort=order, limit=limit))


def _entry(scope: TenantScope, kind: Kind, buyer: ObjectId, changes: Mapping[str, object]) -> HistoryDocument:
    return {"buyerId": buyer, "type": kind, "changes": {**changes}, "userId": scope.actor_id}
