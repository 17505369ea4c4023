"""Indexes of leadfacts, buyerfacts, personfacts, happenings: those of the contract, and ours."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("analytics_facts", "0001_initial")]
    operations = [
        CreateIndexes(
            "leadfacts",
            [
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("stage", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("closedAt", ASCENDING)], sparse=True),
                IndexModel([("tenantId", ASCENDING), ("assignedTo", ASCENDING), ("createdAt", DESCENDING)]),
            ],
        ),
        CreateIndexes(
            "buyerfacts",
            [
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("buyerType", ASCENDING)]),
            ],
        ),
        CreateIndexes(
            "personfacts",
            [
                IndexModel([("tenantId", ASCENDING)]),
            ],
        ),
        CreateIndexes(
            "happenings",
            [
                IndexModel([("tenantId", ASCENDING), ("at", DESCENDING)]),
                IndexModel([("at", ASCENDING)], name="at_ttl", expireAfterSeconds=90 * 86_400),
            ],
        ),
    ]
