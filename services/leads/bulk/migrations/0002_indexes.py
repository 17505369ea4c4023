"""Indexes of bulk operations; images go after a day."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("leads_bulk", "0001_initial")]
    operations = [
        CreateIndexes(
            "leadbulkoperations",
            [
                IndexModel([("tenantId", ASCENDING), ("operationId", ASCENDING)], name="operation", unique=True),
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)], name="history"),
                IndexModel([("status", ASCENDING), ("leaseUntil", ASCENDING)], name="waiting"),
            ],
        ),
        CreateIndexes(
            "leadbulkimages",
            [
                IndexModel([("tenantId", ASCENDING), ("operationId", ASCENDING), ("leadId", ASCENDING)], name="image"),
                IndexModel([("expiresAt", ASCENDING)], name="expiresAt_ttl", expireAfterSeconds=0),
            ],
        ),
    ]
