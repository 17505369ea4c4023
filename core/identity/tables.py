"""The access table: what a service must know of users, sessions and tenants to judge a token without asking another service.

One small collection in each service's database, filled by events. Ids: `user:<id>`, `session:<id>`, `tenant:<id>`,
`key:<kid>` (revoked), `token:<key>` and `tokens:<user id>` (ended ones without session), `jwks` (the public keys).
"""

from datetime import UTC, datetime, timedelta

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from core.documents.collection import now
from core.documents.copies import is_wanted
from core.documents.database import Document
from core.documents.driver import database
from core.documents.transactions import current_session
from core.identity.models import ACCESS_ENTRIES


class AccessTable:
    """Reads and version-guarded writes of the access table of a service."""

    def find_one(self, service: str, entry_id: str) -> Document | None:
        """Return the entry, or None."""
        return self._raw(service).find_one({"_id": entry_id})

    def changed_since(self, service: str, moment: datetime) -> list[str]:
        """Return the ids of the entries written at or after `moment` (this service's clock)."""
        return [entry["_id"] for entry in self._raw(service).find({"changedAt": {"$gte": moment}}, {"_id": 1})]

    def save(self, service: str, entry_id: str, fields: Document, *, version: int | None = None) -> bool:
        """Write `fields` unless a newer `version` is there already; return whether it was written."""
        session = current_session(service)
        # Read first: an upsert that loses the version race would abort a running transaction with a duplicate key.
        before = self._raw(service).find_one({"_id": entry_id}, session=session)
        condition: Document = {"_id": entry_id}
        if version is not None:
            if not is_wanted(before, version, fields):
                return False
            condition["$or"] = [{"version": {"$lte": version}}, {"version": None}]
            fields = {**fields, "version": version}
        change = {"$set": {**fields, "changedAt": now()}}
        try:
            result = self._raw(service).update_one(condition, change, upsert=before is None, session=session)
        except DuplicateKeyError:
            return False
        return bool(result.modified_count or result.upserted_id)

    def _raw(self, service: str) -> Collection[Document]:
        return database(service)[ACCESS_ENTRIES.name]


ACCESS = AccessTable()


def expiry(seconds: int) -> datetime:
    """Return the moment `seconds` from now, for TTL fields."""
    return datetime.now(UTC) + timedelta(seconds=seconds)
