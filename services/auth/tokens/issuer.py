"""Which kind of access token auth signs: the old system's, which both sides take, or that of its own keys. It is changed while
auth runs; JWT_ISSUE says what holds before the first change."""

import time

from django.conf import settings

from core.documents.transactions import outside_transaction
from services.auth.tokens.documents import IssuerDocument
from services.auth.tokens.models import ISSUERS

_MEMORY_SECONDS = 2.0
_memory: dict[str, tuple[float, str]] = {}


def issued_kind() -> str:
    """Return `legacy` or `jwks`, as of at most two seconds ago."""
    read_at, kind = _memory.get("kind", (float("-inf"), ""))
    if time.monotonic() - read_at > _MEMORY_SECONDS:
        latest = changes(1)
        kind = latest[0]["kind"] if latest else settings.JWT_ISSUE
        _memory["kind"] = (time.monotonic(), kind)
    return kind


def change_issuer(kind: str, *, reason: str, author: str) -> None:
    """Sign tokens of another kind from now on. Nobody is logged out: those of the other kind go on until they expire, sessions
    belong to neither. Raises ValueError for a kind that services do not accept."""
    if kind not in settings.JWT_ACCEPT:
        raise ValueError(f"JWT_ACCEPT does not name {kind!r}: no service would take such tokens.")
    ISSUERS.insert_one({"kind": kind, "reason": reason, "author": author})
    forget()


def changes(limit: int) -> list[IssuerDocument]:
    """Return the latest changes, newest first."""
    with outside_transaction():
        return list(ISSUERS.find({}, sort=[("_id", -1)], limit=limit))


def forget() -> None:
    """Read the kind again at the next use."""
    _memory.clear()
