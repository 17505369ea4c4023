"""Signing keys: Ed25519, private halves encrypted in the database, public halves published as JWKS.

A new key is published ten minutes before it signs, and stays published until its last token has expired, so that a rotation
logs no user out. Keys that leaked are replaced at once, and their tokens with them.
"""

import base64
import time
import uuid
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.conf import settings

from core.documents.collection import now
from core.documents.transactions import on_commit, outside_transaction, transactional
from core.events.outbox import record
from core.events.payloads import KeysRevoked
from core.identity.crypto import box
from core.identity.keys import apply_key_revocation
from services.auth.tokens.documents import SigningKeyDocument
from services.auth.tokens.models import SIGNING_KEYS

# Verifiers read the key set every two minutes (core.identity.keys); five times that is safe.
PUBLISH_BEFORE = timedelta(minutes=10)
_MEMORY_SECONDS = 2.0

_memory: dict[str, tuple[float, list[SigningKeyDocument]]] = {}


def public_keys() -> dict[str, list[dict[str, str]]]:
    """Return the JWKS: `{"keys": [...]}` with every key whose tokens may still be valid, at least the one that signs now."""
    signing_key()
    return {"keys": [key["public"] for key in _keys()]}


def signing_key() -> tuple[str, Ed25519PrivateKey]:
    """Return id and private half of the key that signs now, made on first use."""
    moment = now()
    usable = [key for key in _keys() if key["retiredAt"] is None and key["signsFrom"] <= moment]
    if not usable:
        add_key(at_once=True)
        return signing_key()
    newest = max(usable, key=lambda key: (key["signsFrom"], key["_id"]))
    raw = box("signing keys").decrypt(newest["private"])
    return newest["_id"], Ed25519PrivateKey.from_private_bytes(raw)


def add_key(*, at_once: bool) -> str:
    """Add a key that signs in ten minutes, or `at_once`, and return its id."""
    # In no transaction: the first login makes the first key, and reads it back outside of its own.
    with outside_transaction():
        key = SIGNING_KEYS.insert_one(_new_key(at_once=at_once))
    forget()
    return str(key["_id"])


def _new_key(*, at_once: bool) -> SigningKeyDocument:
    private, kid, moment = Ed25519PrivateKey.generate(), uuid.uuid4().hex, now()
    return {
        "_id": kid,
        "public": _jwk(kid, private),
        "private": box("signing keys").encrypt(private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())),
        "signsFrom": moment if at_once else moment + PUBLISH_BEFORE,
        "retiredAt": None,
    }


@transactional("auth")
def replace_all_keys() -> str:
    """Sign with a new key at once and erase every other; what they signed is refused everywhere as soon as services have
    heard of it, whatever its expiry says. Return the new key's id."""
    others = [other["_id"] for other in SIGNING_KEYS.find({}, {"_id": 1})]
    SIGNING_KEYS.delete_many({"_id": {"$in": others}})
    key = SIGNING_KEYS.insert_one(_new_key(at_once=True))
    apply_key_revocation("auth", others, [key["public"]])
    record("keys.revoked", KeysRevoked(kids=others, keys=[key["public"]]), entity_id=key["_id"])
    on_commit(forget)
    return str(key["_id"])


def retire_old_keys() -> int:
    """Retire every key but the newest that signs, drop those whose tokens have all expired; return how many remain."""
    kid, moment = signing_key()[0], now()
    older = {"_id": {"$ne": kid}, "signsFrom": {"$lte": moment}, "retiredAt": None}
    SIGNING_KEYS.update_many(older, sets={"retiredAt": moment})
    SIGNING_KEYS.delete_many({"retiredAt": {"$lt": moment - timedelta(seconds=settings.ACCESS_TOKEN_SECONDS)}})
    forget()
    return SIGNING_KEYS.count({})


def forget() -> None:
    """Read the keys again at the next use."""
    _memory.clear()


def _keys() -> list[SigningKeyDocument]:
    read_at, keys = _memory.get("keys", (0.0, []))
    if time.monotonic() - read_at > _MEMORY_SECONDS or not keys:
        with outside_transaction():
            keys = list(SIGNING_KEYS.find({}))
        _memory["keys"] = (time.monotonic(), keys)
    return keys


def _jwk(kid: str, private: Ed25519PrivateKey) -> dict[str, str]:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(public).decode().rstrip("=")
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x}
