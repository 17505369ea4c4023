"""Indexes of communicationlogs: those of the contract, and ours. A bulk request sends to a lead once."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("leads_communication", "0001_initial")]
    operations = [
        CreateIndexes(
            "communicationlogs",
            [
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("leadId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("userId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("type", ASCENDING), ("status", ASCENDING)]),
                IndexModel([("messageId", ASCENDING)], name="messageId_1", unique=True, sparse=True),
                IndexModel(
                    [("tenantId", ASCENDING), ("idempotencyKey", ASCENDING)],
                    name="once",
                    unique=True,
                    partialFilterExpression={"idempotencyKey": {"$exists": True}},
                ),
            ],
        ),
        CreateIndexes(
            "communicationtemplates", [IndexModel([("tenantId", ASCENDING), ("id", ASCENDING)], unique=True)]
        ),
    ]
