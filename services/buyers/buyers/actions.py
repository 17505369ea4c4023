"""Use cases of buyers: create, change, delete."""

from collections.abc import Sequence

from core.documents.collection import now
from core.documents.ids import object_id
from core.documents.keeping import keeping
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.documents.uniqueness import unique_or
from core.errors import Conflict, NotFound
from services.buyers.buyers import history, rules
from services.buyers.buyers.documents import BuyerDocument
from services.buyers.buyers.models import BUYERS
from services.buyers.buyers.publishing import publish_buyer, publish_buyers
from services.buyers.buyers.queries import buyer_by_id, buyers_by_ids

_TAKEN = "Buyer with this email already exists"


@unique_or(Conflict, _TAKEN)
@transactional("buyers")
def create_buyer(scope: TenantScope, fields: BuyerDocument) -> BuyerDocument:
    """Create a buyer. Raises Conflict when a live buyer of the tenant has the address."""
    actor, stored = object_id(scope.actor_id), _stored(rules.with_defaults(fields))
    buyer = BUYERS.scoped(scope).insert_one({**stored, "createdBy": actor, "updatedBy": actor})
    publish_buyer("created", buyer)
    history.note(scope, "created", buyer["_id"], {})
    return buyer


@unique_or(Conflict, _TAKEN)
@transactional("buyers")
def update_buyer(scope: TenantScope, buyer_id: str, changes: BuyerDocument) -> BuyerDocument:
    """Change the sent members of a buyer. Raises NotFound, Conflict for a taken address."""
    buyer = buyer_by_id(scope, buyer_id)
    if not changes:
        return buyer
    update = {"$set": {**keeping(buyer, _stored(changes), rules.SENT), "updatedBy": object_id(scope.actor_id)}}
    stored = BUYERS.scoped(scope).update_and_get({"_id": buyer["_id"]}, update)
    assert stored is not None
    publish_buyer("updated", stored)
    history.note_changes(scope, [(buyer, stored)])
    return stored


@transactional("buyers")
def delete_buyer(scope: TenantScope, buyer_id: str) -> None:
    """Delete a buyer softly; the address is free again. Raises NotFound."""
    gone: BuyerDocument = {"deletedAt": now(), "isActive": False, "updatedBy": object_id(scope.actor_id)}
    deleted = BUYERS.scoped(scope).update_and_get({"_id": object_id(buyer_id)}, {"$unset": {"emailKey": ""}}, sets=gone)
    if deleted is None or object_id(buyer_id) is None:
        raise NotFound("Buyer not found")
    publish_buyer("deleted", deleted)
    history.note(scope, "deleted", deleted["_id"], {})


@transactional("buyers")
def update_buyers(scope: TenantScope, buyer_ids: Sequence[str], changes: BuyerDocument) -> list[str]:
    """Make the same changes to all of these buyers. Return the ids, as they were sent, of those that are there."""
    view, before = BUYERS.scoped(scope), buyers_by_ids(scope, buyer_ids)
    if before and changes:
        keys = {"_id": {"$in": [buyer["_id"] for buyer in before.values()]}}
        stored, actor = _stored(changes), object_id(scope.actor_id)
        view.update_each(
            [
                ({"_id": buyer["_id"]}, {"$set": {**keeping(buyer, stored, rules.SENT), "updatedBy": actor}})
                for buyer in before.values()
            ]
        )
        after = list(view.find(keys))
        was = {buyer["_id"]: buyer for buyer in before.values()}
        publish_buyers("updated", after)
        history.note_changes(scope, [(was[buyer["_id"]], buyer) for buyer in after])
    return list(before)


@transactional("buyers")
def delete_buyers(scope: TenantScope, buyer_ids: Sequence[str]) -> list[str]:
    """Delete these buyers softly. Return the ids, as they were sent, of those that were there."""
    view, found = BUYERS.scoped(scope), buyers_by_ids(scope, buyer_ids)
    if found:
        keys = {"_id": {"$in": [buyer["_id"] for buyer in found.values()]}}
        gone: BuyerDocument = {"deletedAt": now(), "isActive": False, "updatedBy": object_id(scope.actor_id)}
        view.update_many(keys, {"$unset": {"emailKey": ""}}, sets=gone)
        deleted = list(view.with_deleted().find(keys))
        publish_buyers("deleted", deleted)
        history.note_all(scope, "deleted", deleted)
    return list(found)


def _stored(fields: BuyerDocument) -> BuyerDocument:
    stored: BuyerDocument = {**fields}
    if "buyBox" in stored:
        stored["buyBox"] = rules.clean_buy_box(stored["buyBox"])
    key = rules.email_key(stored["email"]) if "email" in stored else None
    return {**stored, "emailKey": key} if key else stored
