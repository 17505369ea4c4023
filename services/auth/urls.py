"""URLs of the service auth."""

from typing import Any

from core.api.urls import handler400, handler404, handler500, service_urls

__all__ = ["PATTERNS", "handler400", "handler404", "handler500", "urlpatterns"]

PATTERNS: list[Any] = []

urlpatterns = service_urls("auth", PATTERNS)
