"""Indexes of users, useractivities, userstatushistories: those of the contract, and ours."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("users_accounts", "0001_initial")]
    operations = [
        CreateIndexes(
            "users",
            [
                IndexModel([("email", ASCENDING)], name="email_1", unique=True),
                IndexModel([("googleId", ASCENDING)], sparse=True),
                IndexModel([("tenantId", ASCENDING)]),
                IndexModel([("roles", ASCENDING)]),
                IndexModel([("lastActiveAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("status", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("roles", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("lastActiveAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("tags", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("lastName", ASCENDING)]),
            ],
        ),
        CreateIndexes(
            "useractivities",
            [
                IndexModel([("userId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("performedAt", DESCENDING)]),
                IndexModel([("userId", ASCENDING), ("type", ASCENDING)]),
            ],
        ),
        CreateIndexes(
            "userstatushistories",
            [
                IndexModel([("userId", ASCENDING), ("changedAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("changedAt", DESCENDING)]),
                IndexModel([("performedBy", ASCENDING), ("changedAt", DESCENDING)]),
            ],
        ),
    ]
