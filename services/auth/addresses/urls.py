"""URL of confirming a new e-mail address."""

from core.api.routing import route
from services.auth.addresses.api import ConfirmEmail

PATTERNS = [route("api/auth/confirm-email", ConfirmEmail)]
