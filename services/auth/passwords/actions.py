"""Use cases of credentials: register, prove, verify the address, change the password."""

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from bson import ObjectId
from django.conf import settings

from core.api.throttling import clear, exhausted, hit
from core.documents.collection import now
from core.documents.transactions import on_commit, transactional
from core.documents.uniqueness import unique_or
from core.errors import BadRequest, Conflict, TooManyRequests, Unauthorized
from core.events.outbox import record
from core.events.payloads import AccountRegistered
from core.identity.crypto import digest, new_secret
from core.worker.jobs import enqueue
from services.auth.audit.actions import Happening, Origin, note
from services.auth.directory.actions import add_provisional
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import email_key, person_by_email, person_by_id
from services.auth.passwords.documents import CredentialDocument, Registration
from services.auth.passwords.hashing import OLD_UNKNOWN, UNKNOWN, hash_password, is_old, needs_rehash, verify_password
from services.auth.passwords.mails import send_verification_mail
from services.auth.passwords.models import CREDENTIALS
from services.auth.passwords.proving import prove_address
from services.auth.passwords.rules import PERSONAL, holds_address
from services.auth.sessions.actions import end_sessions_of

_VERIFICATION = timedelta(hours=24)

_INVALID = "Invalid credentials"
_TAKEN = "User with this email already exists"
_FAILED = Happening("login_failed", "Login failed", severity="medium", outcome="failure")
_LOCKED = Happening("account_locked", "Login refused: too many failed tries", severity="high", outcome="failure")
_BLOCKED = Happening(
    "brute_force_attempt", "Login refused: too many failures of one address", activity=None, severity="high"
)
_CHANGED = Happening("password_change", "Password changed", "password_change", severity="medium")


def register(body: Registration) -> PersonDocument:
    """Open an account and return its directory entry. Raises Conflict when the address is taken."""
    refuse_personal(body["password"], body["email"])
    # Hashing takes long and must not be repeated when the transaction is.
    hashed = hash_password(body["password"])
    with unique_or(Conflict, _TAKEN):
        return _register(body, hashed)


@transactional("auth")
def _register(body: Registration, hashed: str) -> PersonDocument:
    user_id, status = str(ObjectId()), "pending" if settings.EMAIL_VERIFICATION else "active"
    person: PersonDocument = {
        "_id": user_id,
        "email": email_key(body["email"]),
        "firstName": body["firstName"],
        "lastName": body["lastName"],
        "status": status,
        "roles": ["user"],
        "tenantId": None,
    }
    stored = add_provisional(person)
    CREDENTIALS.insert_one(
        {"_id": user_id, "email": person["email"], "passwordHash": hashed, "passwordChangedAt": now()}
    )
    payload = AccountRegistered(
        user_id=user_id,
        email=person["email"],
        first_name=body["firstName"],
        last_name=body["lastName"],
        company_name=body["companyName"],
        status=status,
    )
    record("account.registered", payload, entity_id=user_id)
    if settings.EMAIL_VERIFICATION:
        request_verification(user_id, person["email"])
    return stored


@dataclass(frozen=True, slots=True)
class Proof:
    """A user who typed their password, and its hash, which must not change until the session is open."""

    person: PersonDocument
    hashed: str


def proven(email: str, password: str, origin: Origin) -> Proof:
    """Return the active user to whom address and password belong.

    Tries are counted before the password is checked, for known and unknown addresses alike.
    Raises Unauthorized for wrong credentials, a locked or inactive account; TooManyRequests for a caller's address.
    """
    _refuse_noisy_address(origin.address)
    key = email_key(email)
    if not hit("login", key, limit=settings.LOGIN_ATTEMPTS, seconds=settings.LOGIN_LOCK_SECONDS).allowed:
        raise Unauthorized("Account is temporarily locked")
    person = person_by_email(key)
    # An unknown address causes the same work, or the time would show that it is unknown.
    credential = CREDENTIALS.find_one({"_id": person["_id"] if person else ""})
    good = _is_good(credential["passwordHash"] if credential else UNKNOWN, password)
    if not good or person is None or credential is None:
        _count_failure(key, person, origin)
        raise Unauthorized(_INVALID)
    forget_tries(key)
    if person["status"] != "active":
        raise Unauthorized("Account is not active")
    return Proof(person, _renewed(person["_id"], credential["passwordHash"], password))


def _is_good(stored: str, password: str) -> bool:
    """Whether `password` belongs to `stored`. As long as hashes of the old system are left, a wrong one is verified with
    both kinds: they take different times."""
    good = verify_password(stored, password)
    if not good and _keeps_old_hashes(int(time.time()) // 600):
        verify_password(UNKNOWN if is_old(stored) else OLD_UNKNOWN, password)
    return good


@lru_cache(maxsize=1)
def _keeps_old_hashes(period: int) -> bool:
    return CREDENTIALS.exists({"passwordHash": {"$regex": r"^\$2"}})


def _renewed(user_id: str, stored: str, password: str) -> str:
    """Return the hash that stands for the password from now on: one of the old system's is replaced."""
    if not needs_rehash(stored):
        return stored
    hashed = hash_password(password)
    CREDENTIALS.update_one({"_id": user_id, "passwordHash": stored}, sets={"passwordHash": hashed})
    return hashed


def fingerprint(proof: Proof) -> list[str]:
    """Return a value that proves later, without the password, that it is still the user's: see `still_proven`."""
    return [proof.person["_id"], digest(proof.hashed)]


def still_proven(user_id: str, hash_digest: str) -> Proof:
    """Return the proof whose `fingerprint` this is. Raises Unauthorized when person or password are not what they were."""
    person = person_by_id(user_id)
    credential = CREDENTIALS.find_one({"_id": user_id})
    if person is None or credential is None or person["status"] != "active":
        raise Unauthorized(_INVALID)
    if digest(credential["passwordHash"]) != hash_digest:
        raise Unauthorized(_INVALID)
    return Proof(person, credential["passwordHash"])


def note_login(user_id: str, hashed: str | None) -> None:
    """Store when a user last logged in. Runs inside the caller's transaction.

    hashed: of the password that proved it. Raises Unauthorized when it is no longer the user's: another person proved to
    own the address, or the password was changed, since it was checked."""
    proof = {"passwordHash": hashed} if hashed else {}
    credential = CREDENTIALS.update_and_get({"_id": user_id, **proof}, sets={"lastLoginAt": now()})
    if proof and credential is None:
        raise Unauthorized(_INVALID)


def forget_tries(email: str) -> None:
    """Unlock the logins of an address."""
    clear("login", email_key(email), limit=settings.LOGIN_ATTEMPTS, seconds=settings.LOGIN_LOCK_SECONDS)


def change_password(user_id: str, current: str, new: str, origin: Origin) -> None:
    """Change the caller's password and end every session. Raises BadRequest when `current` is wrong."""
    credential = CREDENTIALS.find_one({"_id": user_id})
    if not is_password(user_id, current) or credential is None:
        raise BadRequest("Current password is incorrect")
    refuse_personal(new, credential["email"])
    _change(user_id, credential["passwordHash"], hash_password(new), origin)


@transactional("auth")
def _change(user_id: str, current: str, hashed: str, origin: Origin) -> None:
    own = {"_id": user_id, "passwordHash": current}
    fields: CredentialDocument = {"passwordHash": hashed, "passwordChangedAt": now()}
    if not CREDENTIALS.update_one(own, sets=fields):
        raise BadRequest("Current password is incorrect")
    end_sessions_of(user_id, reason="password_change")
    note(user_id, _CHANGED, origin)


def is_password(user_id: str, password: str) -> bool:
    """Whether a signed-in person typed their own password. Raises TooManyRequests after too many tries."""
    verdict = hit("own-password", user_id, limit=settings.LOGIN_ATTEMPTS, seconds=settings.LOGIN_LOCK_SECONDS)
    if not verdict.allowed:
        raise TooManyRequests("Too many wrong passwords", verdict.retry_after)
    credential = CREDENTIALS.find_one({"_id": user_id})
    good = verify_password(credential["passwordHash"] if credential else UNKNOWN, password) and credential is not None
    if good:
        clear("own-password", user_id, limit=settings.LOGIN_ATTEMPTS, seconds=settings.LOGIN_LOCK_SECONDS)
    return good


def refuse_personal(password: str, email: str) -> None:
    """Raise BadRequest for a password that holds the address' name."""
    if holds_address(password, email):
        raise BadRequest([PERSONAL])


def store_password(user_id: str, email: str, password: str) -> None:
    """Give a person a password, whatever there was before: for commands, not for requests."""
    store_hash(user_id, email, hash_password(password))


def store_hash(user_id: str, email: str, hashed: str) -> None:
    """Store the hash of a person's password, whatever there was before. Runs inside the caller's transaction, if any."""
    fields: CredentialDocument = {"email": email_key(email), "passwordHash": hashed, "passwordChangedAt": now()}
    CREDENTIALS.update_one({"_id": user_id}, sets=fields, upsert=True)


def request_verification(user_id: str, email: str) -> None:
    """Make a verification token, valid for 24 hours, and mail it once the transaction is durable."""
    token = new_secret()
    expiry = now() + _VERIFICATION
    fields: CredentialDocument = {
        "email": email_key(email),
        "verificationToken": digest(token),
        "verificationExpiresAt": expiry,
    }
    # The former proof may be of another address.
    CREDENTIALS.update_one({"_id": user_id}, {"$unset": {"emailVerifiedAt": ""}}, sets=fields)
    on_commit(lambda: enqueue(send_verification_mail, email, token))


@transactional("auth")
def resend_verification(user_id: str) -> None:
    """Mail a new verification token to a user who still needs one."""
    person = person_by_id(user_id)
    if person is not None and person["status"] == "pending":
        request_verification(user_id, person["email"])


@transactional("auth")
def verify_email(token: str) -> None:
    """Use up a verification token: the account becomes active. Raises BadRequest for an unknown, used or old one."""
    query = {"verificationToken": digest(token), "verificationExpiresAt": {"$gt": now()}}
    used = {"$unset": {"verificationToken": "", "verificationExpiresAt": ""}}
    credential = CREDENTIALS.get_and_update(query, used)
    if credential is None or not _is_address_of(credential):
        raise BadRequest("Invalid or expired verification token")
    prove_address(credential["_id"], keep_password=True)
    CREDENTIALS.update_one({"_id": credential["_id"]}, sets={"emailVerifiedAt": now()})


def _is_address_of(credential: CredentialDocument) -> bool:
    """Whether the address that a link was mailed to is the person's still."""
    person = person_by_id(credential["_id"])
    return person is not None and email_key(person["email"]) == credential["email"]


def _refuse_noisy_address(address: str) -> None:
    verdict = exhausted(
        "login-address", address, limit=settings.ADDRESS_FAILURES, seconds=settings.ADDRESS_BLOCK_SECONDS
    )
    if not verdict.allowed:
        raise TooManyRequests("Too many failed logins from this address", verdict.retry_after)


def _count_failure(key: str, person: PersonDocument | None, origin: Origin) -> None:
    address = {"limit": settings.ADDRESS_FAILURES, "seconds": settings.ADDRESS_BLOCK_SECONDS}
    account = {"limit": settings.LOGIN_ATTEMPTS, "seconds": settings.LOGIN_LOCK_SECONDS}
    user_id = person["_id"] if person else None
    hit("login-address", origin.address, **address)
    note(user_id, _FAILED, origin)
    if not exhausted("login", key, **account).allowed:
        note(user_id, _LOCKED, origin)
    if not exhausted("login-address", origin.address, **address).allowed:
        note(None, _BLOCKED, origin)
