"""Outbox and inbox: one of each in every service's database, and what the admin shows of them."""

from django.db import models

from core.documents.collection import EVERY_SERVICE, Declared
from core.documents.database import Document
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import DocumentModel

_DAY = 86_400

OUTBOX = Declared[Document](
    "outboxevents",
    service=EVERY_SERVICE,
    indexes=(
        index("publisher", "nextAttemptAt", name="due"),
        index("claim", name="claim", sparse=True),
        index("publisher", "deliveredAt", name="undelivered"),
        # For the bridge: which revision was told last.
        index("entityId", "-entityVersion", name="told", partialFilterExpression={"entityVersion": {"$gt": 0}}),
        index("deliveredAt", name="delivered_ttl", expireAfterSeconds=7 * _DAY),
    ),
)
INBOX = Declared[Document](
    "inboxevents",
    service=EVERY_SERVICE,
    indexes=(
        index("appliedAt", name="applied_ttl", expireAfterSeconds=14 * _DAY),
        index("subscriber", "state", "-failedAt", name="failures"),
    ),
)


class OutboxEvent(DocumentModel):
    """An event that its publisher keeps until every subscriber has it."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=32)
    name = models.CharField(max_length=60)
    publisher = models.CharField(max_length=20)
    tenant_id = AnyField(db_column="tenantId")
    entity_id = models.CharField(db_column="entityId", max_length=40)
    entity_version = AnyField(db_column="entityVersion")
    pending = AnyField()
    attempts = AnyField()
    next_attempt_at = models.DateTimeField(db_column="nextAttemptAt", null=True)
    delivered_at = models.DateTimeField(db_column="deliveredAt", null=True)
    payload = AnyField()
    updated_at = None

    class Meta(DocumentModel.Meta):
        db_table = "outboxevents"
        verbose_name = "outgoing event"

    def __str__(self) -> str:
        return f"{self.name} {self.id}"


class InboxEvent(DocumentModel):
    """An event as its subscriber saw it."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=60)
    name = models.CharField(max_length=60)
    subscriber = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=[(word, word) for word in ("applied", "failed", "parked")])
    attempts = AnyField()
    error = models.CharField(max_length=100, null=True)
    applied_at = models.DateTimeField(db_column="appliedAt", null=True)
    failed_at = models.DateTimeField(db_column="failedAt", null=True)
    envelope = AnyField()
    created_at = None
    updated_at = None

    class Meta(DocumentModel.Meta):
        db_table = "inboxevents"
        verbose_name = "incoming event"

    def __str__(self) -> str:
        return f"{self.name} {self.id}"
