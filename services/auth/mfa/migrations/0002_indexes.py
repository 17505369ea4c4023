"""Indexes of mfas. The old system never wrote one (its module was not loaded), so one per person is no trap."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_mfa", "0001_initial")]
    operations = [
        CreateIndexes(
            "mfas",
            [
                IndexModel([("userId", ASCENDING)], name="userId_1", unique=True),
                IndexModel([("tenantId", ASCENDING), ("isEnabled", ASCENDING)]),
            ],
        )
    ]
