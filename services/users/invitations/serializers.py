"""Bodies and queries of invitations."""

from core.api.checks import MONGO_ID
from core.api.fields import Array, Email, Text
from core.api.validation import Body, Query
from core.identity.roles import USER_ROLES
from services.users.accounts.serializers import PlainPage

# ruff: noqa: N815 - wire names

_ROLE = (lambda value: value in USER_ROLES, f"one of the following values: {', '.join(USER_ROLES)}")


class InviteBody(Body):
    """Who is invited and as what. The tenant is the inviter's; only an operator without tenant names one."""

    email = Email("Please provide a valid email address")
    roles = Array(_ROLE, required=False, max_items=len(USER_ROLES))
    message = Text(required=False, max_length=1000)
    tenantId = Text(required=False, limits=[MONGO_ID])


class CancelBody(Body):
    """Why; other members are ignored."""

    allow_unknown = True
    reason = Text(required=False, max_length=1000)


class InvitationQuery(Query):
    """Filters of the list; other parameters are ignored, as before."""

    allow_unknown = True
    status = Text(required=False, max_length=40)
    email = Text(required=False, max_length=254)
    page = PlainPage(default=1)
    limit = PlainPage(default=20)
