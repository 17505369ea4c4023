"""Indexes of userinvitations: those of the contract, and ours. One pending invitation per tenant and address."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("users_invitations", "0001_initial")]
    operations = [
        CreateIndexes(
            "userinvitations",
            [
                IndexModel([("token", ASCENDING)], name="token_1", unique=True),
                IndexModel(
                    [("tenantId", ASCENDING), ("email", ASCENDING)],
                    name="one_pending",
                    unique=True,
                    partialFilterExpression={"status": "pending"},
                ),
                IndexModel([("tenantId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
            ],
        )
    ]
