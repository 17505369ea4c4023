"""Public keys of auth's tokens (JWKS): from memory, from the own database, or from auth over HTTP, in this order.

A service that starts while auth is down still verifies tokens: the last key set is kept in its own database.
"""

import threading
import time

import httpx
import structlog
from django.conf import settings
from django.utils.module_loading import import_string
from jwt import PyJWK, PyJWKSet
from jwt.exceptions import PyJWTError
from pymongo.errors import PyMongoError

from core.documents.database import Document
from core.documents.transactions import on_commit
from core.identity.access import memory
from core.identity.tables import ACCESS
from core.settings.discovery import address_of

log = structlog.get_logger(__name__)

# A forged `kid` must not make us ask auth at every request, nor wait long for it.
_REFETCH_SECONDS = 10.0
# Where auth itself runs, asking costs next to nothing.
_REREAD_SECONDS = 2.0
_TIMEOUT_SECONDS = 2.0
# New keys are published this long before they sign (services.auth.tokens.keys): read the set more often than that.
_RELOAD_SECONDS = 120.0
_STORED_ID = "jwks"


class KeySet:
    """The public keys by `kid`."""

    def __init__(self) -> None:
        self._keys: dict[str, PyJWK] = {}
        self._asked = float("-inf")
        self._loaded = float("-inf")
        self._lock = threading.Lock()

    def get(self, kid: str) -> PyJWK | None:
        """Return the key named `kid`, or None. The set is read again every two minutes, and for an unknown key at
        most every ten seconds; meanwhile the own copy may know it, from the event of a rotation."""
        fresh = time.monotonic() - self._loaded < _RELOAD_SECONDS
        if kid in self._keys and fresh:
            return self._keys[kid]
        with self._lock:
            if time.monotonic() - self._asked > (_REREAD_SECONDS if settings.JWKS_PROVIDER else _REFETCH_SECONDS):
                self._asked = time.monotonic()
                self._refresh()
            if kid not in self._keys:
                self._use_copy_with(kid)
        return self._keys.get(kid)

    def has_any(self) -> bool:
        """Whether any key is known, without asking auth."""
        return bool(self._keys or settings.JWKS_PROVIDER or (_stored() or {}).get("keys"))

    def forget(self) -> None:
        """Empty the memory: after a rotation in this process, and between tests."""
        self._keys, self._asked, self._loaded = {}, float("-inf"), float("-inf")

    def _refresh(self) -> None:
        if settings.JWKS_PROVIDER:
            self._use(import_string(settings.JWKS_PROVIDER)())
            return
        fetched = _fetched()
        self._use(fetched or _stored())
        _store(fetched)

    def _use_copy_with(self, kid: str) -> None:
        copy = _stored()
        if any(key.get("kid") == kid for key in (copy or {}).get("keys", ())):
            self._use(copy)

    def _use(self, jwks: Document | None) -> None:
        if not jwks or not jwks.get("keys"):
            return
        self._loaded = time.monotonic()
        try:
            self._keys = {key.key_id: key for key in PyJWKSet.from_dict(jwks).keys if key.key_id}
        except PyJWTError as error:
            log.warning("jwks_unusable", error=str(error))


def _fetched() -> Document | None:
    try:
        answer = httpx.get(f"{address_of('auth')}/.well-known/jwks.json", timeout=_TIMEOUT_SECONDS)
        answer.raise_for_status()
        jwks: Document = answer.json()
        return jwks
    except (httpx.HTTPError, ValueError) as error:
        log.warning("jwks_unavailable", error=type(error).__name__)
        return None


def _stored() -> Document | None:
    try:
        return memory.get(_STORED_ID)
    except PyMongoError as error:
        log.warning("jwks_not_readable", error=type(error).__name__)
        return None


def _store(jwks: Document | None) -> None:
    if not jwks:
        return
    try:
        ACCESS.save(settings.SERVICES[0], _STORED_ID, {"keys": jwks["keys"]})
    except PyMongoError as error:
        log.warning("jwks_not_stored", error=type(error).__name__)


def keep_copy() -> None:
    """Bring the copy of the keys in the own database up to date. The worker calls it from time to time: a service must
    know the keys also when auth goes away before the first token came by."""
    if not settings.JWKS_PROVIDER:
        _store(_fetched())


def apply_key_revocation(service: str, kids: list[str], keys: list[dict[str, str]]) -> None:
    """Refuse what the keys named `kids` signed or will sign, and know the keys that are left, from `keys.revoked`.

    The entries stay for good: an attacker with a leaked key chooses how long its tokens last."""
    for kid in kids:
        ACCESS.save(service, f"key:{kid}", {"revoked": True})
    ACCESS.save(service, _STORED_ID, {"keys": keys})
    on_commit(memory.forget)


key_set = KeySet()
