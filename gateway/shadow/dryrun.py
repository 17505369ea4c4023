"""Asking a service what it would have done with a write (`POST /internal/dry-run`, `core.dryrun`)."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from bson import json_util
from bson.errors import BSONError

from gateway.shadow.exchange import Answer, Exchange
from gateway.shadow.rendering import TO

_OURS = (":", "x-envoy-", "x-leadmesh-")
HEADER = "X-Leadmesh-Dry-Run"
_LIFETIME_SECONDS = 10
# A service bounds its part itself; nobody waits for this one.
_TIMEOUT = httpx.Timeout(5.0, connect=1.0)
# A process of a service tries one write at a time.
_ANOTHER, _TRIES, _PAUSE_SECONDS = "another one is running", 20, 0.1
_OPTIONS = json_util.CANONICAL_JSON_OPTIONS.with_options(tz_aware=True)

Stored = dict[str, Any]


class Unjudged(Exception):
    """It could not be found out; the text is a few words that are counted."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document after a write, None when it is gone. told: what an event must say of it, None where nobody keeps copies."""

    collection: str
    key: Any
    after: Stored | None
    told: Stored | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the service would have answered, stored and told (events: name, entityId, entityVersion, tenantId, payload).
    milliseconds: how long it held locks."""

    answer: Answer
    stored: tuple[Document, ...]
    events: tuple[Stored, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class DryRuns:
    """The services' dry runs. secret: DRY_RUN_SECRET; client: of Envoy's listener for the agent, which finds the services;
    address: of that listener, without trailing slash, or of a service itself."""

    secret: str
    client: httpx.Client
    address: Callable[[str], str] = lambda _: "http://gateway"

    def ask(self, service: str, exchange: Exchange, befores: Sequence[tuple[str, Any, Stored | None]]) -> Outcome:
        """Return what `service` would have done with the request. befores: collection, id and document before the old
        system's write, None for one that it created. Raises Unjudged."""
        body = _body(exchange, befores)
        try:
            told = self._told(service, body)
            for _ in range(_TRIES):
                if told.get("unjudged") != _ANOTHER:
                    break
                time.sleep(_PAUSE_SECONDS)
                told = self._told(service, body)
            if "unjudged" in told:
                raise Unjudged(told["unjudged"])
            return _outcome(told)
        except httpx.HTTPError as error:
            raise Unjudged("the service is away") from error
        except (ValueError, TypeError, KeyError, BSONError) as error:
            raise Unjudged("no answer of a dry run") from error

    def _told(self, service: str, body: bytes) -> dict[str, Any]:
        headers = {HEADER: signature(self.secret, service, body), "content-type": "application/json", TO: service}
        url = f"{self.address(service)}/internal/dry-run"
        answer = self.client.post(url, content=body, headers=headers, timeout=_TIMEOUT)
        if answer.status_code != 200:
            raise Unjudged(f"the service refuses to try: {answer.status_code}")
        return dict(json_util.loads(answer.content, json_options=_OPTIONS))


def signature(secret: str, service: str, body: bytes, seconds: int = _LIFETIME_SECONDS) -> str:
    """Return the header that lets `body` be tried by `service`, once, for `seconds`."""
    expires, nonce = int(time.time()) + seconds, secrets.token_hex(16)
    key = hmac.digest(secret.encode(), b"leadmesh dry run", "sha256")
    told = f"{service}\n{expires}\n{nonce}\n{hashlib.sha256(body).hexdigest()}"
    return f"{expires}.{nonce}.{hmac.new(key, told.encode(), 'sha256').hexdigest()}"


def _body(exchange: Exchange, befores: Sequence[tuple[str, Any, Stored | None]]) -> bytes:
    passed = {name: value for name, value in exchange.headers.items() if not name.startswith(_OURS)}
    told: Mapping[str, Any] = {
        "method": exchange.method,
        "path": exchange.path,
        "headers": {"host": exchange.headers.get(":authority", "leadmesh"), **passed},
        "body": base64.b64encode(exchange.body).decode(),
        "before": [{"collection": name, "_id": key, "document": document} for name, key, document in befores],
    }
    return json_util.dumps(told, json_options=_OPTIONS).encode()


def _outcome(told: Mapping[str, Any]) -> Outcome:
    answer = told["answer"]
    stored = [Document(one["collection"], one["_id"], one["document"], one["exported"]) for one in told["stored"]]
    body = base64.b64decode(answer["body"])
    return Outcome(
        Answer(answer["status"], answer["headers"], body), tuple(stored), tuple(told["events"]), told["milliseconds"]
    )
