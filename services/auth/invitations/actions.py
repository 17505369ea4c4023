"""Use cases of invitations at auth: keep the copy, accept.

Accepting calls no other service: account, password and the event from which users creates the user are one transaction here.
"""

from bson import ObjectId

from core.documents.collection import now
from core.documents.transactions import transactional
from core.documents.uniqueness import unique_or
from core.errors import BadRequest, Conflict
from core.events.outbox import record
from core.events.payloads import AccountRegistered
from services.auth.audit.actions import Happening, Origin, note
from services.auth.directory.actions import add_provisional
from services.auth.directory.documents import PersonDocument
from services.auth.directory.queries import email_key, person_by_email
from services.auth.invitations.documents import Acceptance, OpenInvitationDocument
from services.auth.invitations.models import INVITATIONS
from services.auth.invitations.queries import open_invitation, open_query
from services.auth.passwords.actions import refuse_personal, store_hash
from services.auth.passwords.hashing import hash_password
from services.auth.passwords.rules import CLASSES, COMMON, LENGTH, MAX_LENGTH, TOO_LONG, has_all_classes, is_uncommon

_INVALID = "Invalid or expired invitation token"
_TAKEN = "User with this email already exists"
# users writes the person's own entry when it makes the person.
_ACCEPTED = Happening("invitation_accepted", "Invitation accepted", activity=None)


def accept(body: Acceptance, origin: Origin) -> PersonDocument:
    """Open the account that an invitation offers and return its directory entry, active at once.

    Raises BadRequest for a token that opens nothing, Conflict when the address has an account, BadRequest for a bad
    password; in this order, as in the old system.
    """
    invitation = open_invitation(body["token"])
    if invitation is None:
        raise BadRequest(_INVALID)
    if person_by_email(invitation["email"]) is not None:
        raise Conflict(_TAKEN)
    _check_password(body["password"], invitation["email"])
    # Hashing takes long and must not be repeated when the transaction is.
    hashed = hash_password(body["password"])
    with unique_or(Conflict, _TAKEN):
        return _accept(invitation, body, hashed, origin)


@transactional("auth")
def _accept(invitation: OpenInvitationDocument, body: Acceptance, hashed: str, origin: Origin) -> PersonDocument:
    taken = INVITATIONS.get_and_update(open_query(body["token"]), sets={"status": "accepted"})
    if taken is None:
        raise BadRequest(_INVALID)
    person: PersonDocument = {
        "_id": str(ObjectId()),
        "email": email_key(invitation["email"]),
        # The token was mailed there.
        "emailVerifiedAt": now(),
        "firstName": body["firstName"],
        "lastName": body["lastName"],
        "status": "active",
        "roles": invitation["roles"],
        "tenantId": invitation.get("tenantId"),
    }
    stored = add_provisional(person)
    store_hash(person["_id"], person["email"], hashed)
    payload = AccountRegistered(
        user_id=person["_id"],
        email=person["email"],
        first_name=person["firstName"],
        last_name=person["lastName"],
        roles=person["roles"],
        tenant_id=person["tenantId"],
        invitation_id=invitation["_id"],
    )
    record("account.registered", payload, entity_id=person["_id"], tenant_id=person["tenantId"])
    note(person["_id"], _ACCEPTED, origin, invitationId=invitation["_id"], invitedBy=invitation["invitedBy"])
    return stored


def _check_password(password: str, email: str) -> None:
    broken = (
        (len(password) < 8, LENGTH),
        (not has_all_classes(password), CLASSES),
        (len(password) > MAX_LENGTH, TOO_LONG),
        (not is_uncommon(password), COMMON),
    )
    for is_broken, message in broken:
        if is_broken:
            raise BadRequest(message)
    refuse_personal(password, email)
