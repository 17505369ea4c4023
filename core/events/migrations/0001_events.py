"""Outbox and inbox with their indexes, in every service's database."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes

DAY = 86_400


class Migration(migrations.Migration):
    dependencies: list[tuple[str, str]] = []
    operations = [
        CreateIndexes(
            "outboxevents",
            [
                IndexModel([("publisher", ASCENDING), ("nextAttemptAt", ASCENDING)], name="due"),
                IndexModel([("claim", ASCENDING)], name="claim", sparse=True),
                IndexModel([("publisher", ASCENDING), ("deliveredAt", ASCENDING)], name="undelivered"),
                IndexModel([("deliveredAt", ASCENDING)], name="delivered_ttl", expireAfterSeconds=7 * DAY),
            ],
        ),
        CreateIndexes(
            "inboxevents",
            [
                IndexModel([("appliedAt", ASCENDING)], name="applied_ttl", expireAfterSeconds=14 * DAY),
                IndexModel(
                    [("subscriber", ASCENDING), ("state", ASCENDING), ("failedAt", DESCENDING)], name="failures"
                ),
            ],
        ),
    ]
