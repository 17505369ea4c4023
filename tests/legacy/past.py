"""Writes of the old system past the services, counted, and what must be true once the bridge has settled them."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId
from pymongo.database import Database

from tests.legacy.documents import Document, Model, now
from tests.system.platform import lead_body

# What an event about a document is called in the outbox: its prefix.
_TOLD = {"leads": "lead.", "buyers": "buyer."}
_WORDS = ("new", "contacted", "qualified", "interested", "negotiating")


@dataclass
class Past:
    """Changes of one collection in Mongoose's manner. made: how many of each kind; alive: ids of the documents that are there."""

    model: Model
    body: Callable[[], Document]
    made: Counter[str] = field(default_factory=Counter)
    alive: list[Any] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)
    dice: random.Random = field(default_factory=lambda: random.Random(12))

    def change(self) -> None:
        """Make one change: mostly updates."""
        kinds = {self.create: 30, self.update: 50, self.replace: 5, self.delete: 10, self.remove: 5}
        (kind,) = self.dice.choices([*kinds], [*kinds.values()])
        (kind if self.alive else self.create)()

    def create(self) -> None:
        """Store a document."""
        self.alive.append(self.model.create(self.body())["_id"])
        self.made["create"] += 1

    def update(self) -> None:
        """Change a document."""
        changes = {"status": self.dice.choice(_WORDS), "notes": f"change {self.made['update']}"}
        self.model.update({"_id": self.dice.choice(self.alive)}, changes)
        self.made["update"] += 1

    def replace(self) -> None:
        """Replace a document by what was read of it, without what is not in the schema."""
        key = self.dice.choice(self.alive)
        read = {name: value for name, value in (self._read(key) or {}).items() if name not in ("rev", "emailKey")}
        self.model.collection.replace_one({"_id": key}, {**read, "notes": "replaced", "updatedAt": now()})
        self.made["replace"] += 1

    def delete(self) -> None:
        """Delete softly."""
        self.model.update({"_id": self._gone()}, {"deletedAt": now()})
        self.made["delete"] += 1

    def remove(self) -> None:
        """Delete for good."""
        key = self._gone()
        self.model.collection.delete_one({"_id": key})
        self.removed.append(key)
        self.made["remove"] += 1

    def _gone(self) -> Any:
        return self.alive.pop(self.dice.randrange(len(self.alive)))

    def _read(self, key: Any) -> Document | None:
        return self.model.collection.find_one({"_id": key})


def lead_of(tenant: str, owner: str) -> Document:
    """Return a lead that no other has."""
    return {**lead_body(owner), "leadId": str(ObjectId()), "tenantId": tenant, "status": "new"}


def buyer_of(tenant: str) -> Document:
    """Return a buyer that no other has."""
    number = ObjectId()
    names = {"companyName": f"Company {number}", "contactName": "Ben", "email": f"Buyer{number}@x.test"}
    # One of sixteen is where the leads are: each lead is compared with all of those.
    state = "TX" if number.binary[-1] % 16 == 0 else "NM"
    return {**names, "city": "Clovis", "state": state, "buyerType": "company", "tenantId": tenant}


def settled(database: Database[Document], service: str, collection: str) -> int:
    """Return how many changes of `collection` the bridge of `service` has settled; a change counts in the transaction that
    settles it, so twice is seen."""
    counts = (database["bridges"].find_one({"_id": service}) or {}).get("counts", {}).get(collection, {})
    return sum(count for outcome, count in counts.items() if outcome != "walked")


def faults(database: Database[Document], collection: str) -> Iterator[str]:
    """Yield a sentence for each document whose revisions were not each told once, and for each that has a key too many."""
    versions: dict[str, list[int]] = {}
    told = {"name": {"$regex": f"^{_TOLD[collection]}"}, "entityVersion": {"$ne": None}}
    for event in database["outboxevents"].find(told, {"entityId": 1, "entityVersion": 1}):
        versions.setdefault(event["entityId"], []).append(event["entityVersion"])
    shown = {"rev": 1, "deletedAt": 1, "emailKey": 1, "phoneKey": 1}
    for document in database[collection].find({}, shown):
        found, key = sorted(versions.pop(str(document["_id"]), [])), document["_id"]
        if found != list(range(1, document.get("rev", 0) + 1)) or not found:
            yield f"{collection} {key}: revision {document.get('rev')}, told {found}"
        if document.get("deletedAt") and {"emailKey", "phoneKey"} & document.keys():
            yield f"{collection} {key} is deleted and has a key"
        if not document.get("deletedAt") and "emailKey" not in document:
            yield f"{collection} {key} has no key"
    for key, found in versions.items():
        if sorted(found) != list(range(1, len(found) + 1)):
            yield f"{collection} {key}, removed: told {sorted(found)}"
