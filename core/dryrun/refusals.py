"""Which writes of the contract cannot be tried: they do something that no transaction takes back, or go on after their answer.

The one place that says so; what it forgets is still stopped where it happens (`core.effects`), and counted the same."""

from fnmatch import fnmatchcase

_TOKENS = "tokens, sessions and mails"
_STEPS = "work in steps"
_MANY = "more documents than a dry run may hold"
# Method and route (`*`: anything), and why.
REFUSED = {
    "* api/auth/*": _TOKENS,
    "POST api/tenants": "count of tries",
    "POST api/users/*/cleanup": _MANY,
    "POST api/rbac/initialize-system-roles": "documents of no tenant",
    "POST api/leads/bulk/create": _MANY,
    "PUT api/leads/bulk/update": _MANY,
    "POST api/leads/bulk/*": _STEPS,
    "POST api/leads/import-export/*": f"{_STEPS}, and files",
    "POST api/leads/scoring/recalculate-all": _STEPS,
    "POST api/leads/communication/*": "calls of a provider",
    "DELETE api/leads/queue/cleanup": _MANY,
    "POST api/buyers/matches/generate": _MANY,
    "POST api/buyers/bulk": _MANY,
}


def refusal(method: str, route: str) -> str | None:
    """Return why `method` of `route` (`api/leads/<leadId>`) cannot be tried; None when it can."""
    return next((why for pattern, why in REFUSED.items() if fnmatchcase(f"{method} {route}", pattern)), None)
