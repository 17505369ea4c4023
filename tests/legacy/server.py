"""The HTTP side of the stand-in: threads, routes, tokens, NestJS's error bodies."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from bson import ObjectId
from pymongo.database import Database

from tests.legacy.documents import Document, now, reference
from tests.legacy.faults import Answer, Switch, disturbed

CONTROL = "/__faults"


class Refused(Exception):
    """An error answer. body: when it is not the usual one."""

    def __init__(self, status: int, message: Any, body: Any = None) -> None:
        error = {} if status == 500 or message == "Unauthorized" else {"error": HTTPStatus(status).phrase}
        self.status, self.body = status, body or {"message": message, **error, "statusCode": status}


@dataclass
class Request:
    """What a handler gets. caller: the person of the token as stored, with the token's tenant as `tenant`."""

    database: Database[Document]
    secret: str
    query: dict[str, str]
    body: Any
    token: str
    names: dict[str, str] = field(default_factory=dict)
    caller: Document = field(default_factory=dict)
    differs: bool = False

    @property
    def tenant(self) -> str:
        """The tenant's document id, as text; nothing is found under an empty one."""
        return str(self.caller.get("tenant") or "")

    def claims(self) -> dict[str, Any]:
        """Return the verified claims of the token. Raises Refused."""
        try:
            found: dict[str, Any] = jwt.decode(
                self.token, self.secret, algorithms=["HS256"], options={"require": ["exp"], "verify_aud": False}
            )
        except jwt.InvalidTokenError:
            raise Refused(401, "Unauthorized") from None
        if not found.get("sub") or not found.get("email"):
            raise Refused(401, "Invalid token payload")
        return found


@dataclass(frozen=True)
class Route:
    """An operation. roles: one of them is needed; empty: anybody who is signed in; None: everybody."""

    method: str
    path: str
    handler: Callable[[Request], Any]
    status: int = 200
    roles: tuple[str, ...] | None = ()

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters, or None when it is another operation."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path.rstrip("/")) if self.method == method else None
        return found.groupdict() if found else None


def _authenticate(request: Request) -> None:
    claims = request.claims()
    seen = {"$set": {"lastActiveAt": now()}}
    person = request.database["users"].find_one_and_update({"_id": reference(claims["sub"])}, seen)
    if person is None:
        raise Refused(401, "Token validation failed")
    if person.get("status") in ("suspended", "inactive"):
        raise Refused(401, f"User account is {person['status']}")
    request.caller = {**person, "tenant": claims.get("tenantId")}


def answer(routes: list[Route], method: str, path: str, request: Request) -> Answer:
    """Return the answer to a request."""
    for route in routes:
        names = route.match(method, path)
        if names is None:
            continue
        request.names = names
        try:
            if route.roles is not None:
                _authenticate(request)
            if route.roles and not {*route.roles} & {*request.caller.get("roles", ())}:
                raise Refused(403, "Forbidden resource")
            tenant = {"X-Tenant-ID": request.tenant} if request.tenant else {}
            return Answer(route.status, route.handler(request), tenant)
        except Refused as refusal:
            return Answer(refusal.status, refusal.body, {})
    return Answer(404, Refused(404, f"Cannot {method} {path}").body, {})


def _plain(value: Any) -> Any:
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"
    raise TypeError(type(value).__name__)


class _Handler(BaseHTTPRequestHandler):
    # Connections are kept open as Node's are; the gateway closes them.
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Legacy"

    def _handle(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        if parts.path == CONTROL:
            self._control(content)
            return
        faults = self.server.switch.before(parts.path)
        self._write(disturbed(self._answered(parts.path, parts.query, content), faults))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _handle

    def _answered(self, path: str, query: str, content: bytes) -> Answer:
        try:
            body = json.loads(content) if content else {}
        except ValueError as error:
            return Answer(400, Refused(400, str(error)).body, {})
        words = {name: values[-1] for name, values in parse_qs(query).items()}
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        request = Request(self.server.database, self.server.secret, words, body, token)
        request.differs = "stored-value" in self.server.switch.faults.differences
        try:
            return answer(self.server.routes, self.command.replace("HEAD", "GET"), path, request)
        except Exception as error:
            self.log_error("%s %s: %r", self.command, path, error)
            return Answer(500, Refused(500, "Internal server error").body, {})

    def _control(self, content: bytes) -> None:
        try:
            wanted = json.loads(content) if content else {}
            faults = self.server.switch.set(wanted) if self.command != "GET" else vars(self.server.switch.faults)
            self._write(Answer(200, faults, {}))
        except (ValueError, TypeError) as error:
            self._write(Answer(400, Refused(400, str(error)).body, {}))

    def _write(self, given: Answer) -> None:
        text = given.body if isinstance(given.body, str) else json.dumps(given.body, default=_plain, ensure_ascii=False)
        content = b"" if given.status == 204 else text.encode(given.encoding, "replace")
        self.send_response_only(given.status)
        headers = {"X-Powered-By": "Express", "Content-Type": "application/json; charset=utf-8", **given.headers}
        if given.status != 204:
            headers["Content-Length"] = str(len(content))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *words: Any) -> None:
        if "code" not in format:
            super().log_message(format, *words)


class Legacy(ThreadingHTTPServer):
    """The old system. secret: with which it signs its tokens."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(
        self, port: int, database: Database[Document], secret: str, routes: list[Route], host: str = "127.0.0.1"
    ) -> None:
        self.database, self.secret, self.routes, self.switch = database, secret, routes, Switch()
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is nobody's fault."""

    def shutdown(self) -> None:
        """Stop, and let go of whoever hangs."""
        self.switch.stopping.set()
        super().shutdown()
