"""Indexes of searches, statistics and exports of useractivities."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("users_accounts", "0002_indexes")]
    operations = [
        CreateIndexes(
            "useractivities",
            [
                # Holds all that statistics count, so that they look at no document.
                IndexModel(
                    [
                        ("tenantId", ASCENDING),
                        ("performedAt", DESCENDING),
                        ("type", ASCENDING),
                        ("severity", ASCENDING),
                    ]
                ),
                IndexModel([("tenantId", ASCENDING), ("type", ASCENDING), ("performedAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("severity", ASCENDING), ("performedAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("userId", ASCENDING), ("performedAt", DESCENDING)]),
            ],
        ),
    ]
