"""The request in a dry run's body, and the handler that answers it as it answers any other."""

import base64
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes, urlsplit

from bson import json_util
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponseBase
from django.urls import Resolver404, resolve

from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.dryrun.trial import Before
from core.errors import BadRequest, Problem
from core.identity.tenancy import with_requested_tenant
from core.identity.tokens import verify
from core.observability.context import bind

OPTIONS = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True)
_METHODS = ("POST", "PUT", "PATCH", "DELETE")
# Of the connection between the caller and the old system, or of ours.
_DROPPED = {"connection", "content-length", "transfer-encoding", "expect", "upgrade", "te", "x-leadmesh-dry-run"}


@dataclass(frozen=True, slots=True)
class Tried:
    """A write that the old system has answered. headers: names in lower case; befores: what it changed, as it was."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    befores: tuple[Before, ...]

    @property
    def target(self) -> tuple[str, str]:
        """The service and the route (`api/leads/<leadId>`) that answer it; without a route, any service of this process."""
        try:
            found = resolve(unquote_to_bytes(urlsplit(self.path).path).decode())
        except (Resolver404, UnicodeDecodeError):
            return settings.SERVICES[0], ""
        module = getattr(found.func, "__module__", "").split(".")
        return (module[1] if module[0] == "services" else settings.SERVICES[0]), str(found.route)

    @property
    def scope(self) -> TenantScope | None:
        """The documents that the caller may see; None for a token that opens nothing."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        try:
            principal = verify(token.strip()) if scheme.lower() == "bearer" else None
            return with_requested_tenant(principal, self.headers.get("x-tenant-id")).scope if principal else None
        except Problem:
            return None

    def answer(self) -> HttpResponseBase:
        """Answer it, through all middleware."""
        with bind(dry_run=True):
            return _handler().tried(WSGIRequest(self._environ()))

    def _environ(self) -> dict[str, object]:
        parts = urlsplit(self.path)
        sent = {name.upper().replace("-", "_"): value for name, value in self.headers.items() if name not in _DROPPED}
        kind = sent.pop("CONTENT_TYPE", "")
        return {
            **{f"HTTP_{name}": value for name, value in sent.items()},
            "REQUEST_METHOD": self.method,
            "PATH_INFO": unquote_to_bytes(parts.path).decode("latin-1"),
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": kind,
            "CONTENT_LENGTH": str(len(self.body)),
            "SERVER_NAME": "dry-run",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
        }


def read(body: bytes) -> Tried:
    """Return the write in `body`, extended JSON: {method, path, headers, body (base64), before: [{collection, _id, document}]}.
    Raises BadRequest for anything else."""
    try:
        told = json_util.loads(body, json_options=OPTIONS)
        befores = tuple(Before(str(one["collection"]), one["_id"], one["document"]) for one in told["before"])
        headers = {str(name).lower(): str(value) for name, value in told["headers"].items()}
        tried = Tried(told["method"], told["path"], headers, base64.b64decode(told["body"], validate=True), befores)
        if tried.method not in _METHODS or not tried.path.lower().startswith("/api/"):
            raise ValueError(tried.method)
        if not all(_is_plain(one) for one in befores):
            raise ValueError("before")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadRequest("A dry run needs method, path, headers, body and before of a write") from error
    return tried


def _is_plain(before: Before) -> bool:
    """Whether the id is one that we give: an object as filter would be a query."""
    key = isinstance(before.key, str) or object_id(before.key) is not None  # type: ignore[arg-type]
    return key and (before.document is None or isinstance(before.document, dict))


class _Handler(WSGIHandler):
    """Django's handler, without its log of refused requests: nobody was refused."""

    _middleware_chain: Callable[[WSGIRequest], HttpResponseBase]

    def tried(self, request: WSGIRequest) -> HttpResponseBase:
        """Answer `request`, through all middleware."""
        return self._middleware_chain(request)


@lru_cache(maxsize=1)
def _handler() -> _Handler:
    return _Handler()
