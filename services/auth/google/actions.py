"""Use cases of Google sign-in: find, link or create the person, then open a session (contract/auth-rules.md §7)."""

from bson import ObjectId
from pymongo.errors import DuplicateKeyError

from core.documents.collection import now
from core.documents.transactions import transactional
from core.errors import BadRequest, Unauthorized
from core.events.outbox import record
from core.events.payloads import AccountLinked, AccountRegistered
from services.auth.audit.actions import Origin
from services.auth.directory.actions import add_provisional, change_person
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import email_key, person_by_email, person_by_google_id
from services.auth.google.client import GoogleIdentity
from services.auth.login.actions import open_login
from services.auth.passwords.limits import count_registration
from services.auth.passwords.proving import prove_address
from services.auth.sessions.actions import Tokens


def sign_in(identity: GoogleIdentity, origin: Origin) -> Tokens:
    """Return the tokens of a new session of the user with this Google account; a new user gets an account.

    Raises BadRequest when no account can be made or linked (address not verified, names too long or missing), Unauthorized
    for a suspended or inactive user, TooManyRequests when too many accounts were created from the client's address.
    """
    if person_by_google_id(identity.google_id) is None and person_by_email(identity.email) is None:
        count_registration(identity.email, origin)
    try:
        return _signed_in(identity, origin)
    except DuplicateKeyError:
        # Two first sign-ins at once: the other one has made the account by now.
        return _signed_in(identity, origin)


@transactional("auth")
def _signed_in(identity: GoogleIdentity, origin: Origin) -> Tokens:
    person = person_by_google_id(identity.google_id)
    if person is not None and _owns_address(identity, person):
        person = prove_address(person["_id"])
    person = person or _linked(identity) or _created(identity)
    if person["status"] in ("suspended", "inactive"):
        raise Unauthorized(f"User account is {person['status']}")
    return open_login(person, origin, method="google_oauth")


def _linked(identity: GoogleIdentity) -> PersonDocument | None:
    """Link the Google account to the user with its address, and to no other. Only an address that Google verified
    proves anything."""
    known = person_by_email(identity.email)
    if known is None:
        return None
    _demand_verified(identity)
    person = prove_address(known["_id"])
    changes: PersonDocument = {"googleId": identity.google_id, "picture": person.get("picture") or identity.picture}
    payload = AccountLinked(user_id=person["_id"], google_id=identity.google_id, picture=identity.picture)
    _record("account.linked", payload, person)
    return change_person(person["_id"], changes)


def _created(identity: GoogleIdentity) -> PersonDocument:
    _demand_verified(identity)
    for name, value in (("First", identity.first_name), ("Last", identity.last_name)):
        if not 1 <= len(value) <= 50:
            raise BadRequest(f"{name} name must be between 1 and 50 characters")
    person: PersonDocument = {
        "_id": str(ObjectId()),
        "email": email_key(identity.email),
        "firstName": identity.first_name,
        "lastName": identity.last_name,
        "picture": identity.picture,
        "googleId": identity.google_id,
        "emailVerifiedAt": now(),
        "status": "active",
        "roles": ["user"],
        "tenantId": None,
    }
    payload = AccountRegistered(
        user_id=person["_id"],
        email=person["email"],
        first_name=identity.first_name,
        last_name=identity.last_name,
        picture=identity.picture,
        google_id=identity.google_id,
    )
    stored = add_provisional(person)
    _record("account.registered", payload, stored)
    return stored


def _owns_address(identity: GoogleIdentity, person: PersonDocument) -> bool:
    return identity.email_verified and email_key(identity.email) == email_key(person["email"])


def _demand_verified(identity: GoogleIdentity) -> None:
    if not identity.email_verified:
        raise BadRequest("Google has not verified the e-mail address")


def _record(name: str, payload: AccountLinked | AccountRegistered, person: PersonDocument) -> None:
    record(name, payload, entity_id=person["_id"], tenant_id=person.get("tenantId"))
