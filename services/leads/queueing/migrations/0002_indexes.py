"""Indexes of queueitems: those of the contract, and ours. A lead has one open item."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes

_ORDER = [("priority", DESCENDING), ("createdAt", ASCENDING), ("_id", ASCENDING)]
_OPEN = {"open": True}


class Migration(migrations.Migration):
    dependencies = [("leads_queueing", "0001_initial")]
    operations = [
        CreateIndexes(
            "queueitems",
            [
                IndexModel([("status", ASCENDING), ("priority", DESCENDING), ("createdAt", ASCENDING)]),
                IndexModel([("leadId", ASCENDING)]),
                IndexModel([("agentId", ASCENDING)]),
                IndexModel([("createdAt", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("status", ASCENDING), *_ORDER], name="next"),
                IndexModel([("tenantId", ASCENDING), *_ORDER], name="list"),
                IndexModel([("tenantId", ASCENDING), ("status", ASCENDING), ("createdAt", ASCENDING)], name="age"),
                IndexModel(
                    [("tenantId", ASCENDING), ("leadId", ASCENDING)],
                    name="one_open",
                    unique=True,
                    partialFilterExpression=_OPEN,
                ),
                IndexModel([("expiresAt", ASCENDING)], name="leases", partialFilterExpression=_OPEN),
            ],
        ),
    ]
