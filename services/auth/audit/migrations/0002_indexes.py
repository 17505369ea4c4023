"""Indexes of securityevents. A year is what the old activity log was kept for (auth-rules §17)."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes

YEAR = 31_536_000


class Migration(migrations.Migration):
    dependencies = [("auth_audit", "0001_initial")]
    operations = [
        CreateIndexes(
            "securityevents",
            [
                IndexModel([("timestamp", ASCENDING)], name="timestamp_ttl", expireAfterSeconds=YEAR),
                IndexModel([("userId", ASCENDING), ("timestamp", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("timestamp", DESCENDING)]),
                IndexModel([("eventType", ASCENDING), ("timestamp", DESCENDING)]),
            ],
        )
    ]
