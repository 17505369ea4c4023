"""Indexes of the access table."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    """`changedAt` serves the two-second poll; ended sessions leave by TTL."""

    dependencies: list[tuple[str, str]] = []
    operations = [
        CreateIndexes(
            "accessentries",
            [
                IndexModel([("changedAt", ASCENDING)], name="changedAt_1"),
                IndexModel([("expiresAt", ASCENDING)], name="expiresAt_ttl", expireAfterSeconds=0),
            ],
        )
    ]
