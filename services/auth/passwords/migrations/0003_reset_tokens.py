"""Indexes of passwordresettokens. The old system had a plain index on expiresAt; ours removes what has expired."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_passwords", "0002_indexes")]
    operations = [
        CreateIndexes(
            "passwordresettokens",
            [
                IndexModel([("token", ASCENDING)], name="token_1", unique=True),
                IndexModel([("userId", ASCENDING), ("usedAt", ASCENDING)]),
                # A day longer than a token lives, so that "used" and "unknown" can be told apart when somebody asks.
                IndexModel([("expiresAt", ASCENDING)], name="expiresAt_ttl", expireAfterSeconds=86_400),
            ],
        )
    ]
