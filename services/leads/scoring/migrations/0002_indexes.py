"""Indexes of scoring: one configuration for a tenant; runs by job, by age, and those that wait for a worker."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("leads_scoring", "0001_initial")]
    operations = [
        CreateIndexes("leadscoringconfigurations", [IndexModel([("tenantId", ASCENDING)], name="tenant", unique=True)]),
        CreateIndexes(
            "leadscoringruns",
            [
                IndexModel([("tenantId", ASCENDING), ("jobId", ASCENDING)], name="job", unique=True),
                IndexModel([("tenantId", ASCENDING), ("status", ASCENDING), ("finishedAt", DESCENDING)], name="over"),
                IndexModel([("status", ASCENDING), ("leaseUntil", ASCENDING)], name="waiting"),
            ],
        ),
    ]
