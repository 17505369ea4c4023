"""Use cases of forgotten passwords: ask for a link, look at its token, set a new password with it."""

from datetime import timedelta

from django.conf import settings

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.transactions import on_commit, transactional
from core.errors import BadRequest
from core.identity.crypto import digest, new_secret
from core.worker.jobs import enqueue
from services.auth.audit.actions import Happening, Origin, note
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import email_key, person_by_email, person_by_id
from services.auth.passwords.actions import forget_tries, refuse_personal, store_hash
from services.auth.passwords.hashing import hash_password
from services.auth.passwords.mails import send_changed_mail, send_reset_mail
from services.auth.passwords.models import RESET_TOKENS
from services.auth.passwords.proving import prove_address
from services.auth.sessions.actions import end_sessions_of

_INVALID = "Invalid or expired reset token"
_REQUESTED = Happening("password_reset", "Password reset requested", severity="medium")
_DONE = Happening("password_reset", "Password reset", "password_change", severity="medium")


@transactional("auth")
def request_reset(email: str, origin: Origin) -> None:
    """Mail a fresh link to the person with this address, if there is one; older links are dead then."""
    person = person_by_email(email)
    if person is None:
        return
    token, tokens = new_secret(), RESET_TOKENS
    tokens.delete_many({"userId": object_id(person["_id"]), "usedAt": None})
    tokens.insert_one(
        {
            "userId": object_id(person["_id"]),
            "email": email_key(person["email"]),
            "token": digest(token),
            "expiresAt": now() + timedelta(seconds=settings.RESET_TOKEN_SECONDS),
            "usedAt": None,
            "ipAddress": origin.address,
            "userAgent": origin.user_agent,
        }
    )
    note(person["_id"], _REQUESTED, origin)
    on_commit(lambda: enqueue(send_reset_mail, person["email"], person.get("firstName", ""), token))


def is_usable(token: str) -> bool:
    """Whether `token` would be taken now. It stays as it is."""
    return _holder(token) is not None


def _holder(token: str) -> PersonDocument | None:
    """Return the user who may set a new password with `token`: the one with the address that it was mailed to."""
    found = RESET_TOKENS.find_one(_usable(token))
    person = person_by_id(str(found["userId"])) if found else None
    if found is None or person is None:
        return None
    address = email_key(person["email"])
    return person if found.get("email", address) == address else None


def reset_password(token: str, password: str, origin: Origin) -> None:
    """Redeem `token`, set the password, end every session, unlock logins. The reader of the mail owns the address: see
    `prove_address`. Raises BadRequest for a token that is unknown, used or old, and for a password that holds the person's
    address."""
    person = _holder(token)
    if person is None:
        raise BadRequest(_INVALID)
    refuse_personal(password, person["email"])
    # Hashing takes long and must not be repeated when the transaction is.
    _reset(token, person, hash_password(password), origin)
    forget_tries(person["email"])


@transactional("auth")
def _reset(token: str, person: PersonDocument, hashed: str, origin: Origin) -> None:
    if not RESET_TOKENS.update_one(_usable(token), sets={"usedAt": now()}):
        raise BadRequest(_INVALID)
    prove_address(person["_id"])
    store_hash(person["_id"], person["email"], hashed)
    end_sessions_of(person["_id"], reason="password_reset")
    note(person["_id"], _DONE, origin)
    on_commit(lambda: enqueue(send_changed_mail, person["email"], person.get("firstName", ""), origin.address))


def set_password(person: PersonDocument, password: str) -> None:
    """Give a person a password because an operator says that it is theirs: as after a reset, nothing older is left."""
    _set(person, hash_password(password))


@transactional("auth")
def _set(person: PersonDocument, hashed: str) -> None:
    prove_address(person["_id"])
    store_hash(person["_id"], person["email"], hashed)
    end_sessions_of(person["_id"], reason="password_change")


def _usable(token: str) -> Document:
    return {"token": digest(token), "usedAt": None, "expiresAt": {"$gt": now()}}
