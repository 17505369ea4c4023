"""No revision without its event: what every test is checked for when it ends.

Subscribers keep copies of exported documents and tell newer from older by the revision. A revision that no event carries leaves
every copy behind, and nobody notices before the next comparison.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from core.documents.collection import Documents
from core.documents.driver import database
from core.events.catalogue import EVENTS, EXPORTS, Export

# Where the entities of each export lie (core.events.catalogue.EXPORTS).
EXPORTED = {
    "tenants": "tenants",
    "users": "users",
    "invitations": "userinvitations",
    "leads": "leads",
    "buyers": "buyers",
}

# Of the same documents as another export; not every revision of them changes it.
PARTS = {"access": "users"}

# Documents that the running test stored past all actions, without events: only their later revisions must be told.
arranged: set[str] = set()


# What the running test marked, without a revision, though an event may carry it.
marked: list[str] = []


@contextmanager
def watching_marks() -> Iterator[None]:
    """Note what `mark` changes of exported documents inside the block, but for members that are declared `quiet`."""
    mark = Documents.mark

    def noted(self: Documents[Any], query: Any, update: Any, **options: Any) -> int:
        declared = self.declared
        if any((export.owner, EXPORTED.get(export.name)) == (declared.service, declared.name) for export in EXPORTS):
            changed = {member.split(".")[0] for members in update.values() for member in members}
            marked.extend(f"{declared.name}.{member} was marked" for member in changed - set(declared.quiet))
        return mark(self, query, update, **options)

    Documents.mark = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        Documents.mark = mark  # type: ignore[method-assign]


def gaps() -> list[str]:
    """Return a sentence for each exported document with a revision that none of its events has, and for each member that was
    changed without a revision."""
    return marked + [gap for export in EXPORTS if export.name in EXPORTED for gap in _gaps(export)]


def _gaps(export: Export) -> list[str]:
    service, name = export.owner, EXPORTED[export.name]
    # Documents without revision are the old system's.
    revisions = {
        str(found["_id"]): found["rev"]
        for found in database(service)[name].find({"rev": {"$exists": True}}, {"rev": 1})
    }
    if not revisions:
        return []
    newest = _newest_versions(export)
    return [
        f"{service}.{name} {key}: revision {rev}, its newest event has {newest.get(key)}"
        for key, rev in revisions.items()
        if newest.get(key) != rev and not (key in arranged and newest.get(key) is None and rev == 1)
    ]


def _newest_versions(export: Export) -> dict[str, int]:
    snapshot = EVENTS[export.event].payload
    told = {"name": {"$in": [name for name, event in EVENTS.items() if event.payload is snapshot]}}
    newest = {"$group": {"_id": "$entityId", "version": {"$max": "$entityVersion"}}}
    found = database(export.owner)["outboxevents"].aggregate([{"$match": told}, newest])
    return {one["_id"]: one["version"] for one in found}
