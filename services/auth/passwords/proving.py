"""Proof that a user owns an address, and what the proof ends.

Any caller can open an account with another person's address. When the owner of the address proves it later, they must not
share the account with a stranger: the first proof ends everything with which the stranger could sign in.
"""

from core.documents.collection import now
from core.documents.ids import object_id
from core.documents.transactions import transactional
from core.events.outbox import record
from core.events.payloads import AccountLinked, AccountVerified
from services.auth.directory.actions import change_person, erase_second_factor, note_proof
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import email_key, person_by_id
from services.auth.passwords.models import CREDENTIALS, RESET_TOKENS
from services.auth.sessions.actions import end_sessions_of


@transactional("auth")
def prove_address(user_id: str, *, keep_password: bool = False) -> PersonDocument:
    """Store that the current caller owns the user's address, and return the user.

    The first proof ends password, second factor, Google account, sessions, and links that were mailed; a later one ends
    nothing. keep_password: the owner of the address set the password (the mail that a registration asks for).
    Raises LookupError for an unknown user."""
    person = _known(user_id)
    first = not _is_proven(person)
    if first:
        _end_unproven(person, keep_password=keep_password)
    if first or person["status"] == "pending":
        moment = now()
        note_proof(user_id, moment)
        payload = AccountVerified(user_id=user_id, verified_at=moment, email=person["email"])
        _record("account.verified", payload, person)
    return _known(user_id)


def _is_proven(person: PersonDocument) -> bool:
    if person.get("emailVerifiedAt"):
        return True
    # Until 0.1 it was noted beside the password only.
    credential = CREDENTIALS.find_one({"_id": person["_id"], "emailVerifiedAt": {"$ne": None}})
    return credential is not None and email_key(credential["email"]) == email_key(person["email"])


def _end_unproven(person: PersonDocument, *, keep_password: bool) -> None:
    user_id = person["_id"]
    if not keep_password:
        CREDENTIALS.delete_many({"_id": user_id})
    RESET_TOKENS.delete_many({"userId": object_id(user_id), "usedAt": None})
    erase_second_factor(user_id)
    end_sessions_of(user_id, reason="address_proven")
    if person.get("googleId"):
        change_person(user_id, {"googleId": None})
        _record("account.linked", AccountLinked(user_id=user_id, google_id=None), person)


def _known(user_id: str) -> PersonDocument:
    person = person_by_id(user_id)
    if person is None:
        raise LookupError(f"no person {user_id}")
    return person


def _record(name: str, payload: AccountLinked | AccountVerified, person: PersonDocument) -> None:
    record(name, payload, entity_id=person["_id"], tenant_id=person.get("tenantId"))
