"""Indexes of tenants: those of the contract, and ours."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("users_tenants", "0001_initial")]
    operations = [
        CreateIndexes(
            "tenants",
            [
                IndexModel([("name", ASCENDING)], name="name_1", unique=True),
                IndexModel([("subdomain", ASCENDING)], name="subdomain_1", unique=True),
                IndexModel([("tenantId", ASCENDING)], name="tenantId_1", unique=True),
                IndexModel([("ownerId", ASCENDING)]),
                IndexModel([("status", ASCENDING), ("plan", ASCENDING)]),
                IndexModel([("createdAt", DESCENDING)]),
                IndexModel([("deletedAt", ASCENDING)]),
            ],
        ),
    ]
