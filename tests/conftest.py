"""Fixtures for all tests of services: clean real databases, an API client, callers of every role and tenant."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import redis
from bson import ObjectId
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from core.documents.driver import database as mongo
from core.documents.scope import TenantScope
from core.identity import access, keys, tokens
from services.auth.tokens import issuer
from services.auth.tokens import keys as signing_keys
from services.monolith.wsgi import application
from tests import readable, revisions
from tests.contract.observed import observe

TENANT = "64b000000000000000000001"
OTHER_TENANT = "64b000000000000000000002"
# Collections that `prepare` fills; emptying them would undo it.
_KEPT = ("preparations", "django_migrations", "django_content_type", "auth_permission")


# Two shared cores: generating examples may be slow without being wrong.
hypothesis_settings.register_profile("leadmesh", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("leadmesh")


@dataclass(frozen=True)
class Caller:
    """A person with a token, as the gateway's clients are."""

    role: str = "admin"
    tenant_id: str | None = TENANT
    user_id: str = field(default_factory=lambda: str(ObjectId()))
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def email(self) -> str:
        """The address in the token."""
        return f"{self.role.lower()}.{self.user_id[-4:]}@acme.test"

    @property
    def token(self) -> str:
        """A fresh access token of the old system's kind."""
        moment = int(time.time())
        claims = {
            "sub": self.user_id,
            "email": self.email,
            "roles": [self.role],
            "status": "active",
            "iat": moment,
            "exp": moment + 3600,
            "jti": uuid.uuid4().hex,
        }
        if self.tenant_id:
            claims |= {"tenantId": self.tenant_id, "tenantName": "acme"}
        return tokens.sign_legacy({**claims, **self.claims})

    @property
    def scope(self) -> TenantScope:
        """The scope in which this caller's requests run."""
        return TenantScope(self.tenant_id, self.user_id)


class Api:
    """A client of the API: JSON in, Django's test response out (`.status_code`, `.json()`, headers)."""

    def __init__(self) -> None:
        self._client = Client(raise_request_exception=False)

    def request(self, method: str, path: str, body: Any = None, *, as_: Any = None, **headers: str) -> Any:
        """Send `body` as JSON (bytes and text as they are) with the token of `as_` (Caller, token or None)."""
        token = as_.token if isinstance(as_, Caller) else as_
        if token:
            headers["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        data = b"" if body is None else body if isinstance(body, str | bytes) else json.dumps(body)
        content_type = headers.pop("content_type", "application/json")
        answer = self._client.generic(method, path, data, content_type=content_type, **headers)
        observe(method, path, answer)
        return answer

    def get(self, path: str, **options: Any) -> Any:
        """GET `path`."""
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        """POST `body` to `path`."""
        return self.request("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Any:
        """PUT `body` to `path`."""
        return self.request("PUT", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> Any:
        """PATCH `path` with `body`."""
        return self.request("PATCH", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Any:
        """DELETE `path`."""
        return self.request("DELETE", path, body, **options)


@pytest.fixture(scope="session")
def prepared_databases(django_db_blocker: Any) -> None:
    """All indexes of all services, once per worker."""
    django_db_blocker.unblock()
    call_command("prepare", verbosity=0)


@pytest.fixture
def database(prepared_databases: None) -> Iterator[None]:
    """Empty collections before the test, nothing remembered in memory or Redis; after it no revision without its event, and no
    document that the old system could not read."""
    for service in settings.SERVICES:
        db = mongo(service)
        for name in db.list_collection_names():
            if name not in _KEPT and not name.startswith("system."):
                db[name].delete_many({})
    redis.Redis.from_url(settings.REDIS_URL).flushdb()
    forget()
    revisions.arranged.clear()
    revisions.marked.clear()
    with revisions.watching_marks():
        yield
    forget()
    assert revisions.gaps() == []
    assert readable.faults() == []


def forget() -> None:
    """Empty the memories of access, tokens and keys."""
    access.memory.forget()
    tokens.verified_tokens.forget()
    keys.key_set.forget()
    signing_keys.forget()
    issuer.forget()
    caches["memory"].clear()


@pytest.fixture
def api(database: None) -> Api:
    """The API of all services, in this process, on clean databases."""
    return Api()


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def owners(database: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All services behind one real HTTP server."""
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for service in settings.SERVICES:
        monkeypatch.setenv(f"{service.upper()}_URL", f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def admin() -> Caller:
    """An administrator of the tenant."""
    return Caller("admin")


@pytest.fixture
def manager() -> Caller:
    """A manager of the tenant."""
    return Caller("manager")


@pytest.fixture
def agent() -> Caller:
    """A member of the tenant with the role user."""
    return Caller("user")


@pytest.fixture
def viewer() -> Caller:
    """A viewer of the tenant."""
    return Caller("viewer")


@pytest.fixture
def outsider() -> Caller:
    """An administrator of another tenant."""
    return Caller("admin", OTHER_TENANT)


@pytest.fixture
def operator() -> Caller:
    """A platform operator without tenant."""
    return Caller("SUPER_ADMIN", None)
