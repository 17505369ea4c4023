"""Use cases of a change of e-mail address: mail its token, adopt the address.

A proposed address is stored in the user's credential as `newEmail`: one at a time, for an hour, and only as long as the
password does not change. A thief with nothing but a stolen token can only propose.
"""

from typing import Any

from core.documents.collection import now
from core.documents.ids import object_id
from core.documents.transactions import on_commit, transactional
from core.documents.uniqueness import unique_or
from core.errors import BadRequest
from core.events.outbox import record
from core.events.payloads import AccountEmailChanged
from core.identity.crypto import digest, new_secret
from core.worker.jobs import enqueue
from services.auth.addresses.mails import LIFETIME, send_changed_mail, send_confirmation_mail, send_notice_mail
from services.auth.audit.actions import Happening, Origin, note
from services.auth.directory.actions import change_person
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import email_key, person_by_email, person_by_id
from services.auth.mfa.actions import demand_second_factor
from services.auth.passwords.actions import is_password
from services.auth.passwords.documents import CredentialDocument, ProposedAddress
from services.auth.passwords.models import CREDENTIALS, RESET_TOKENS
from services.auth.sessions.actions import end_sessions_of

_INVALID = "Invalid or expired confirmation token"
_CHANGED = Happening("email_changed", "E-mail address changed", severity="high")
# Of the old address: links that were mailed there open nothing any more.
_OUTDATED = {"newEmail": "", "verificationToken": "", "verificationExpiresAt": ""}


def propose(user_id: str, email: str) -> None:
    """Mail a link to the address `email` with which its owner confirms that it is theirs, and a notice to the one that they
    have. An address that is taken gets no mail. In the running transaction.

    Raises LookupError for an unknown user: their account may not have arrived yet, so ask again."""
    person = person_by_id(user_id)
    if person is None:
        raise LookupError(f"no person {user_id} yet")
    credential, token = CREDENTIALS.find_one({"_id": user_id}), new_secret()
    on_commit(lambda: enqueue(send_notice_mail, person["email"], person.get("firstName", ""), email))
    # A user without password cannot confirm: the notice says how to set one.
    if credential is None or person_by_email(email) is not None:
        return
    proposed: ProposedAddress = {
        "email": email_key(email),
        "token": digest(token),
        "expiresAt": now() + LIFETIME,
        "passwordChangedAt": credential.get("passwordChangedAt"),
    }
    CREDENTIALS.update_one({"_id": user_id}, sets={"newEmail": proposed})
    on_commit(lambda: enqueue(send_confirmation_mail, email, person.get("firstName", ""), token))


def confirm(token: str, password: str, code: str | None, origin: Origin) -> None:
    """Redeem `token`: the address to which it was mailed becomes the user's, who logs in with it from now on; every session
    ends. Proven as at a login, by the password and the second factor, if there is one.

    Raises BadRequest for an invalid token, for an address that was taken meanwhile, and for a wrong password;
    Unauthorized for a missing or wrong code; TooManyRequests."""
    credential = CREDENTIALS.find_one(_open(token))
    person = person_by_id(credential["_id"]) if credential else None
    if credential is None or person is None or person["status"] != "active" or not _is_same_password(credential):
        raise BadRequest(_INVALID)
    if not is_password(person["_id"], password):
        raise BadRequest("Current password is incorrect")
    demand_second_factor(person["_id"], code, origin)
    with unique_or(BadRequest, _INVALID):
        _move(token, credential, person, origin)


@transactional("auth")
def _move(token: str, credential: CredentialDocument, person: PersonDocument, origin: Origin) -> None:
    email, moment, user_id = credential["newEmail"]["email"], now(), str(person["_id"])
    unspent = {**_open(token), "passwordChangedAt": credential.get("passwordChangedAt")}
    change = {"$set": {"email": email, "emailVerifiedAt": moment}, "$unset": _OUTDATED}
    if not CREDENTIALS.update_one(unspent, change) or person_by_email(email) is not None:
        raise BadRequest(_INVALID)
    change_person(user_id, {"email": email, "emailKey": email, "emailVerifiedAt": moment})
    _forget_resets(user_id)
    end_sessions_of(user_id, reason="email_change")
    note(user_id, _CHANGED, origin)
    payload = AccountEmailChanged(user_id=user_id, email=email, changed_at=moment)
    record("account.email_changed", payload, entity_id=user_id, tenant_id=person.get("tenantId"))
    on_commit(lambda: enqueue(send_changed_mail, person["email"], person.get("firstName", ""), email))


def follow(user_id: str) -> None:
    """Let the credential follow the directory, when the address was changed elsewhere. In the running transaction."""
    person = person_by_id(user_id)
    if person is None:
        return
    elsewhere = {"_id": user_id, "email": {"$ne": email_key(person["email"])}}
    change = {"$set": {"email": email_key(person["email"])}, "$unset": _OUTDATED}
    if CREDENTIALS.update_one(elsewhere, change):
        _forget_resets(user_id)


def _forget_resets(user_id: str) -> None:
    RESET_TOKENS.delete_many({"userId": object_id(user_id), "usedAt": None})


def _open(token: str) -> dict[str, Any]:
    return {"newEmail.token": digest(token), "newEmail.expiresAt": {"$gt": now()}}


def _is_same_password(credential: CredentialDocument) -> bool:
    return bool(credential["newEmail"]["passwordChangedAt"] == credential.get("passwordChangedAt"))
