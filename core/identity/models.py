"""The access table of each service (core.identity.tables)."""

from core.documents.collection import EVERY_SERVICE, Collection
from core.documents.indexes import index

ACCESS_ENTRIES = Collection(
    "accessentries",
    service=EVERY_SERVICE,
    tenant="none",
    indexes=(
        # Asked every two seconds for what changed.
        index("changedAt"),
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=0),
    ),
)
