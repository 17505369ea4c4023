"""The access table of each service (core.identity.tables)."""

from core.documents.collection import EVERY_SERVICE, Declared
from core.documents.database import Document
from core.documents.indexes import index

ACCESS_ENTRIES = Declared[Document](
    "accessentries",
    service=EVERY_SERVICE,
    indexes=(
        # Asked every two seconds for what changed.
        index("changedAt"),
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=0),
    ),
)
