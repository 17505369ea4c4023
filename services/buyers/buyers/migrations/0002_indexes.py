"""Indexes of buyers: those of the contract, and ours."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("buyers_buyers", "0001_initial")]
    operations = [
        CreateIndexes(
            "buyers",
            [
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)], name="list"),
                IndexModel([("tenantId", ASCENDING), ("isActive", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("email", ASCENDING)]),
                IndexModel(
                    [("tenantId", ASCENDING), ("emailKey", ASCENDING)],
                    name="emailKey_unique",
                    unique=True,
                    partialFilterExpression={"emailKey": {"$exists": True}},
                ),
                IndexModel([("tenantId", ASCENDING), ("phone", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("buyerType", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("investmentRange", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("preferredPropertyTypes", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("state", ASCENDING), ("city", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("buyBox.zipCodes", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("buyBox.states", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("buyBox.cities", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("companyName", ASCENDING), ("_id", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("lastContacted", DESCENDING)]),
            ],
        ),
    ]
