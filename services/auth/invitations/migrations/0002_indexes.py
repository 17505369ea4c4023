"""Indexes of authinvitations."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_invitations", "0001_initial")]
    operations = [
        CreateIndexes(
            "authinvitations",
            [
                IndexModel([("tokenDigest", ASCENDING)], name="tokenDigest_1", unique=True),
                IndexModel([("expiresAt", ASCENDING)], name="expiresAt_ttl", expireAfterSeconds=30 * 86_400),
            ],
        )
    ]
