"""URL patterns as the old framework matched them: letter case ignored, trailing slash optional, no redirects."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern
from django.urls.resolvers import RoutePattern

from core.api.views import ContractView


class ContractPattern(RoutePattern):
    """A route such as `api/leads/<leadId>`; values are matched by segment and keep their case."""

    def match(self, path: str) -> Any:
        """Return what Django expects of a match, or None."""
        found = self._expression.fullmatch(path)
        return ("", (), found.groupdict()) if found else None

    def __init__(self, route: str, name: str | None = None) -> None:
        super().__init__(route, name=name, is_endpoint=True)
        literal = re.split(r"<(\w+)>", route)
        parts = [re.escape(part) if index % 2 == 0 else f"(?P<{part}>[^/]+)" for index, part in enumerate(literal)]
        self._expression = re.compile(rf"{''.join(parts)}/?", re.IGNORECASE)


def route(path: str, view: type[ContractView] | Callable[..., HttpResponseBase], name: str | None = None) -> URLPattern:
    """Return the URL pattern of `path` (`api/leads/<leadId>`) for a view class or function."""
    callback: Any = view.as_view() if isinstance(view, type) and issubclass(view, ContractView) else view
    return URLPattern(ContractPattern(path, name), callback, name=name)
