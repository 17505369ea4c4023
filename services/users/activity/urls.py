"""URLs of the activity log and the status history; literal segments before ids, and before those of people."""

from core.api.routing import route
from services.users.activity.api import (
    ActivityCleanup,
    ActivityExport,
    ActivitySearch,
    ActivityStatistics,
    ProfileActivity,
    StatusHistory,
    StatusHistoryCleanup,
    UserActivity,
)

PATTERNS = [
    route("api/users/me/activity", UserActivity),
    route("api/users/me/profile/activity", ProfileActivity),
    route("api/users/activity/search", ActivitySearch),
    route("api/users/activity/statistics", ActivityStatistics),
    route("api/users/activity/export", ActivityExport),
    route("api/users/activity/cleanup", ActivityCleanup),
    route("api/users/status-history/cleanup", StatusHistoryCleanup),
    route("api/users/<id>/activity", UserActivity),
    route("api/users/<id>/status-history", StatusHistory),
]
