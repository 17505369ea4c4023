"""Activities: the documented collection of the old system."""

from django.db import models

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.analytics.activity.documents import ActivityDocument

# The old documents keep activities for ninety days (contract/analytics-rules.md §12).
_KEPT_SECONDS = 90 * 86_400

ACTIVITIES = Collection[ActivityDocument](
    "activities",
    service="analytics",
    tenant="text",
    indexes=(
        index("tenantId", "-createdAt"),
        index("tenantId", "userId", "-createdAt"),
        index("tenantId", "type", "-createdAt"),
        index("createdAt", name="created_ttl", expireAfterSeconds=_KEPT_SECONDS),
    ),
)


class Activity(TenantDocumentModel):
    """Something a person did."""

    id = models.CharField(primary_key=True, db_column="_id", max_length=40)
    user_id = models.CharField(db_column="userId", max_length=36)
    type = models.CharField(max_length=100)
    description = models.CharField(max_length=500)
    updated_at = None

    class Meta(TenantDocumentModel.Meta):
        db_table = "activities"
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return f"{self.type} {self.user_id}"
