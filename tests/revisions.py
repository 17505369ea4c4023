"""No revision without its event: what every test is checked for when it ends.

Subscribers keep copies of exported documents and tell newer from older by the revision. A revision that no event carries leaves
every copy behind, and nobody notices before the next comparison.
"""

from core.documents.database import database

# Where each exported entity lies, and what the names of its events begin with (core.events.catalogue.EXPORTS).
EXPORTED = (
    ("users", "tenants", "tenant."),
    ("users", "users", "user."),
    ("users", "userinvitations", "invitation."),
    ("leads", "leads", "lead."),
    ("buyers", "buyers", "buyer."),
)

# Documents that the running test stored past all actions, without events: only their later revisions must be told.
arranged: set[str] = set()


def gaps() -> list[str]:
    """Return a sentence for each exported document with a revision that none of its events has."""
    return [gap for service, name, prefix in EXPORTED for gap in _gaps(service, name, prefix)]


def _gaps(service: str, name: str, prefix: str) -> list[str]:
    # Documents without revision are the old system's.
    revisions = {
        str(found["_id"]): found["rev"]
        for found in database(service)[name].find({"rev": {"$exists": True}}, {"rev": 1})
    }
    if not revisions:
        return []
    newest = _newest_versions(service, prefix)
    return [
        f"{service}.{name} {key}: revision {rev}, its newest event has {newest.get(key)}"
        for key, rev in revisions.items()
        if newest.get(key) != rev and not (key in arranged and newest.get(key) is None and rev == 1)
    ]


def _newest_versions(service: str, prefix: str) -> dict[str, int]:
    named = {"name": {"$regex": rf"^{prefix.replace('.', '[.]')}[a-z_]+$"}}
    newest = {"$group": {"_id": "$entityId", "version": {"$max": "$entityVersion"}}}
    return {
        found["_id"]: found["version"]
        for found in database(service)["outboxevents"].aggregate([{"$match": named}, newest])
    }
