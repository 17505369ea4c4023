"""Indexes of authdirectory."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_directory", "0001_initial")]
    operations = [
        CreateIndexes(
            "authdirectory",
            [
                IndexModel([("emailKey", ASCENDING)], name="emailKey_1", unique=True),
                IndexModel([("tenantId", ASCENDING), ("email", ASCENDING)], name="tenant_email"),
            ],
        )
    ]
