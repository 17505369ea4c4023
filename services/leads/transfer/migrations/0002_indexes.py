"""Indexes of imports; parts and problems go after a week. Of leads: those of an import, and those of a zip code."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes

_TTL = IndexModel([("expiresAt", ASCENDING)], name="expiresAt_ttl", expireAfterSeconds=0)


class Migration(migrations.Migration):
    dependencies = [("leads_transfer", "0001_initial"), ("leads_leads", "0003_pages")]
    operations = [
        CreateIndexes(
            "leadimports",
            [
                IndexModel([("tenantId", ASCENDING), ("importId", ASCENDING)], name="import", unique=True),
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)], name="history"),
                IndexModel([("status", ASCENDING), ("leaseUntil", ASCENDING)], name="waiting"),
            ],
        ),
        CreateIndexes(
            "leadimportparts",
            [IndexModel([("tenantId", ASCENDING), ("importId", ASCENDING), ("number", ASCENDING)], name="part"), _TTL],
        ),
        CreateIndexes(
            "leadimportproblems",
            [IndexModel([("tenantId", ASCENDING), ("importId", ASCENDING), ("row", ASCENDING)], name="report"), _TTL],
        ),
        CreateIndexes(
            "leads",
            [
                IndexModel(
                    [("tenantId", ASCENDING), ("importId", ASCENDING), ("_id", ASCENDING)],
                    name="import",
                    partialFilterExpression={"importId": {"$exists": True}},
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("contactInfo.address.zipCode", ASCENDING)],
                    name="zipCode",
                    partialFilterExpression={"contactInfo.address.zipCode": {"$exists": True}},
                ),
            ],
        ),
    ]
