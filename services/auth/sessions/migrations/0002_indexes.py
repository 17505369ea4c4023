"""Indexes of sessions."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_sessions", "0001_initial")]
    operations = [
        CreateIndexes(
            "sessions",
            [
                IndexModel([("sessionToken", ASCENDING)], name="sessionToken_1", unique=True),
                IndexModel([("spentTokens", ASCENDING)], name="spentTokens_1"),
                IndexModel([("userId", ASCENDING), ("isActive", ASCENDING), ("lastActivity", DESCENDING)], name="own"),
                IndexModel([("expiresAt", ASCENDING)], name="expiresAt_ttl", expireAfterSeconds=0),
            ],
        )
    ]
