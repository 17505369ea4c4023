"""Which database a service has in this process, and what a document is to the driver."""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

Document = dict[str, Any]


def alias_of(service: str) -> str:
    """Return the Django database alias of `service` in this process. Raises KeyError when it does not live here."""
    if service not in settings.SERVICES:
        raise KeyError(f"the service {service!r} does not live in this process ({settings.SERVICE_NAME})")
    return service if service in settings.DATABASES else DEFAULT_DB_ALIAS
