"""Indexes of assignments and leadagents. A lead has one open assignment, an agent one document."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes

_NEWEST = [("assignedAt", DESCENDING), ("_id", DESCENDING)]


class Migration(migrations.Migration):
    dependencies = [("leads_assignment", "0001_initial")]
    operations = [
        CreateIndexes(
            "assignments",
            [
                IndexModel(
                    [("tenantId", ASCENDING), ("leadId", ASCENDING)],
                    name="one_open",
                    unique=True,
                    partialFilterExpression={"open": True},
                ),
                IndexModel([("tenantId", ASCENDING), ("leadId", ASCENDING), *_NEWEST], name="lead"),
                IndexModel([("tenantId", ASCENDING), ("agentId", ASCENDING), *_NEWEST], name="agent"),
                IndexModel([("tenantId", ASCENDING), ("open", ASCENDING), ("agentId", ASCENDING)], name="workload"),
                IndexModel(
                    [
                        ("tenantId", ASCENDING),
                        ("status", ASCENDING),
                        ("skillMatchScore", ASCENDING),
                        ("waitTime", ASCENDING),
                    ],
                    name="counters",
                ),
            ],
        ),
        CreateIndexes(
            "leadagents",
            [IndexModel([("tenantId", ASCENDING), ("agentId", ASCENDING)], name="agent", unique=True)],
        ),
    ]
