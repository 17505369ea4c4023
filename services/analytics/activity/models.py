"""Activities: the documented collection of the old system."""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import CopyModel, shows
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


@shows(ACTIVITIES, ActivityDocument, "userId type description")
class Activity(CopyModel):
    """Something a person did."""

    updated_at = None

    class Meta(CopyModel.Meta):
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return f"{self.type} {self.user_id}"
