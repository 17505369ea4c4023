"""URLs of people; literal segments before ids."""

from core.api.routing import route
from core.events.exporting import export_view
from services.users.accounts.api import (
    ActiveCount,
    Me,
    OwnProfile,
    UserDetail,
    UserRoles,
    Users,
    UsersByRole,
    UserStatus,
)
from services.users.accounts.models import USERS
from services.users.accounts.publishing import access_of, snapshot

PATTERNS = [
    route("api/users", Users),
    route("api/users/me", Me),
    route("api/users/me/profile", OwnProfile),
    route("api/users/stats/active-count", ActiveCount),
    route("api/users/stats/by-role/<role>", UsersByRole),
    route("api/users/<id>", UserDetail),
    route("api/users/<id>/status", UserStatus),
    route("api/users/<id>/roles", UserRoles),
    route("internal/users/export/users", export_view(USERS, snapshot)),
    route("internal/users/export/access", export_view(USERS, access_of)),
]
