"""Indexes of leadsdirectory: those of the contract, and ours."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("leads_directory", "0001_initial")]
    operations = [
        CreateIndexes(
            "leadsdirectory",
            [
                IndexModel([("tenantId", ASCENDING), ("name", ASCENDING)]),
            ],
        ),
    ]
