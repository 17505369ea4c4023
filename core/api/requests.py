"""The request that views see: its body opened, its query string as the old system read it."""

from functools import cached_property
from typing import Any

from django.http import QueryDict
from rest_framework.request import Request

from core.api import query
from core.api.bodies import opened


class ContractRequest(Request):
    """A request of the API."""

    @cached_property
    def query(self) -> query.Tree:
        """The query string's members: texts, lists, dictionaries."""
        sent = str(self._request.META.get("QUERY_STRING", ""))
        return query.parse(sent.encode("latin-1", "replace").decode(errors="replace"))

    @property
    def query_params(self) -> QueryDict:  # type: ignore[override]  # the stubs want an immutable one
        """The same as single parameters."""
        return query.flat(self.query)

    def _load_stream(self) -> None:
        super()._load_stream()  # type: ignore[misc]  # the stubs do not know it
        source: Any = self._stream
        if source is not None:
            self._stream: Any = opened(source, self._request.META)
