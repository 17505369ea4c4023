"""No revision without its event: what every test is checked for when it ends.

Subscribers keep copies of exported documents and tell newer from older by the revision. A revision that no event carries leaves
every copy behind, and nobody notices before the next comparison.
"""

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


def gaps() -> list[str]:
    """Return a sentence for each exported document with a revision that none of its events has."""
    return [gap for export in EXPORTS if export.name in EXPORTED for gap in _gaps(export)]


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
