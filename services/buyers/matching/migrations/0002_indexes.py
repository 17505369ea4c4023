"""Indexes of buyermatches, buyerleads: those of the contract, and ours."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("buyers_matching", "0001_initial")]
    operations = [
        CreateIndexes(
            "buyermatches",
            [
                IndexModel(
                    [("tenantId", ASCENDING), ("buyerId", ASCENDING), ("leadId", ASCENDING)], name="pair", unique=True
                ),
                IndexModel([("tenantId", ASCENDING), ("leadId", ASCENDING), ("matchScore", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("buyerId", ASCENDING), ("matchScore", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("status", ASCENDING), ("matchScore", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("matchScore", DESCENDING), ("_id", DESCENDING)]),
            ],
        ),
        CreateIndexes(
            "buyerleads",
            [
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("leadId", ASCENDING)]),
            ],
        ),
    ]
