"""What a user agent says about a device, and how many sessions there may be."""

from collections.abc import Iterable

from core.identity.roles import ADMIN, OPERATOR, system_roles

# First hit wins (auth-rules §5).
_DEVICES = ("Mobile", "Tablet", "Windows", "Mac", "Linux")


def device_of(user_agent: str) -> str:
    """Return the kind of device: the first of the known words in `user_agent`, else Unknown."""
    return next((device for device in _DEVICES if device in user_agent), "Unknown")


# Sessions at once by role (auth-rules §10).
_MOST_OF_ADMINS, _MOST = 10, 3


def session_limit(roles: Iterable[str]) -> int:
    """Return how many sessions a user with these roles may have at once."""
    return _MOST_OF_ADMINS if system_roles(roles) & {OPERATOR, ADMIN} else _MOST
