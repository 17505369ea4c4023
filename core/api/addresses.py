"""Where a request really comes from."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the caller's address. Only the last entries of X-Forwarded-For are ours: each trusted proxy in front of us
    appended one, whatever the caller wrote before them (`TRUSTED_PROXIES`, 1 = the gateway)."""
    entries = [entry.strip() for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if entry.strip()]
    hops = settings.TRUSTED_PROXIES
    if hops and len(entries) >= hops:
        return str(entries[-hops])
    return str(request.META.get("REMOTE_ADDR", ""))


def user_agent(request: HttpRequest) -> str:
    """Return the caller's user agent, cut to what is worth keeping."""
    return str(request.META.get("HTTP_USER_AGENT", ""))[:300]
