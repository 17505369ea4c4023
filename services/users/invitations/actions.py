"""Use cases of invitations: create, cancel, resend; and what accepting one does, at auth or by a user who has an
account."""

from collections.abc import Mapping

from bson import ObjectId

from core.documents.collection import ScopedDocuments, now
from core.documents.ids import either_form, object_id, text_id
from core.documents.scope import TenantScope
from core.documents.transactions import on_commit, transactional
from core.documents.uniqueness import unique_or
from core.errors import BadRequest, Conflict
from core.events.outbox import record
from core.events.payloads import InvitationSnapshot
from core.identity.crypto import digest, new_secret
from core.identity.principals import Principal
from core.identity.roles import permissions_of
from core.worker.jobs import enqueue
from services.users.accounts import authority
from services.users.accounts.actions import refuse_entry
from services.users.accounts.authority import Act
from services.users.accounts.bypasses import everyone
from services.users.accounts.documents import UserDocument
from services.users.accounts.logbook import log_activity
from services.users.accounts.queries import user_by_email, user_by_id
from services.users.accounts.standing import require, standing_of, thing_of
from services.users.invitations import rules
from services.users.invitations.bypasses import all_invitations
from services.users.invitations.documents import InvitationDocument
from services.users.invitations.mails import send_invitation_mail
from services.users.invitations.models import INVITATIONS
from services.users.invitations.queries import invitation_by_id

_TAKEN = "User with this email already exists"
_INVALID = "Invalid or expired invitation token"
_WAITING = "A pending invitation already exists for this email"


@transactional("users")
def invite(
    scope: TenantScope, body: InvitationDocument, origin: dict[str, str], *, actor: Principal
) -> InvitationDocument:
    """Invite a person into the scope's tenant and mail the link.

    origin: `{ipAddress, userAgent}` of the inviter. Raises Forbidden for roles beyond the inviter's, Conflict when the
    address belongs to a user with a tenant or to an operator, or is invited already."""
    roles = body.get("roles") or ["user"]
    require(actor, Act.INVITE, thing_of(scope.tenant_id), permissions_of(roles))
    email = body["email"].strip().lower()
    owner = user_by_email(email)
    if owner is not None and authority.refusal(standing_of(owner), Act.JOIN, thing_of(None)) is not None:
        raise Conflict(_TAKEN)
    _expire_old(scope, email)
    token = new_secret()
    invitation: InvitationDocument = {
        "_id": ObjectId(),
        "email": email,
        "token": digest(token),
        "invitedBy": object_id(scope.actor_id),
        "status": "pending",
        "expiresAt": now() + rules.LIFETIME,
        "roles": roles,
        "ipAddress": origin["ipAddress"],
        "userAgent": origin["userAgent"],
    }
    if body.get("message"):
        invitation["message"] = body["message"]
    with unique_or(Conflict, _WAITING):
        stored = INVITATIONS.scoped(scope).insert_one(invitation)
    metadata = {"invitedEmail": email, "invitationId": str(stored["_id"]), "roles": roles, **origin}
    _log(scope, "invitation_sent", f"Invitation sent to {email}", metadata)
    announce(stored, token)
    return stored


@transactional("users")
def cancel(scope: TenantScope, invitation_id: str, reason: str | None, *, actor: Principal) -> None:
    """Cancel a pending invitation. Raises NotFound, Forbidden for one that the caller could not send, BadRequest for one
    that is not pending."""
    invitation = invitation_by_id(scope, invitation_id)
    _must_be_theirs(actor, invitation)
    stored = _move(INVITATIONS.scoped(scope), invitation, {"status": "cancelled"})
    if stored is None:
        raise BadRequest("Only pending invitations can be cancelled")
    email = invitation["email"]
    metadata = {"invitationId": invitation_id, "reason": reason, "cancelledEmail": email}
    _log(scope, "invitation_cancelled", f"Invitation of {email} cancelled", metadata, severity="medium")
    announce(stored)


@transactional("users")
def resend(scope: TenantScope, invitation_id: str, *, actor: Principal) -> None:
    """Mail a new link, good for another seven days; the old one is dead. Raises NotFound, Forbidden, BadRequest."""
    invitation = invitation_by_id(scope, invitation_id)
    _must_be_theirs(actor, invitation)
    if invitation["status"] == "pending" and invitation["expiresAt"] <= now():
        raise BadRequest("Invitation has expired")
    token = new_secret()
    stored = _move(INVITATIONS.scoped(scope), invitation, {"token": digest(token), "expiresAt": now() + rules.LIFETIME})
    if stored is None:
        raise BadRequest("Only pending invitations can be resent")
    email = invitation["email"]
    metadata = {"invitationId": invitation_id, "invitedEmail": email}
    _log(scope, "invitation_resent", f"Invitation resent to {email}", metadata)
    announce(stored, token)


@transactional("users")
def note_acceptance(invitation_id: str, user_id: str) -> None:
    """Close the invitation that a person accepted at auth. When it was cancelled in that same moment, the user is
    kept out: the account stays, inactive, for an administrator to decide."""
    key, reason = object_id(invitation_id), "the invitation was cancelled by an admin before it was accepted"
    invitation = all_invitations().find_one({"_id": key, "status": "pending"})
    if invitation is None:
        if not all_invitations().exists({"_id": key, "acceptedBy": object_id(user_id)}):
            refuse_entry(user_id, reason)
        return
    if not _is_still_offered(invitation):
        refuse_entry(user_id, "the inviter may no longer invite")
    _accept(invitation, user_id)


def redeem(token: str, tenant_id: ObjectId, principal: Principal) -> InvitationDocument:
    """Use up the invitation of a tenant that the caller, who has an account, was mailed, and return it. In the running
    transaction. Raises BadRequest when `token` opens nothing for them there."""
    person = user_by_id(principal.scope, principal.user_id)
    open_ = {"token": digest(token), "status": "pending", "expiresAt": {"$gt": now()}}
    mine = {**open_, "tenantId": either_form(str(tenant_id)), "email": person["email"]}
    invitation = all_invitations().find_one(mine)
    if invitation is None or not _is_still_offered(invitation):
        raise BadRequest(_INVALID)
    return _accept(invitation, principal.user_id)


def snapshot(invitation: InvitationDocument) -> InvitationSnapshot:
    """Return the event payload of an invitation."""
    return InvitationSnapshot(
        id=str(invitation["_id"]),
        email=invitation["email"],
        token_digest=invitation["token"],
        status=invitation["status"],
        roles=list(invitation.get("roles") or ["user"]),
        expires_at=invitation["expiresAt"],
        invited_by=text_id(invitation.get("invitedBy")) or "",
        tenant_id=text_id(invitation.get("tenantId")),
        message=invitation.get("message"),
    )


def _must_be_theirs(actor: Principal, invitation: InvitationDocument) -> None:
    """Only who could send an invitation may send it again or take it back. Raises Forbidden."""
    require(actor, Act.INVITE, thing_of(invitation.get("tenantId")), _given_by(invitation))


def _is_still_offered(invitation: InvitationDocument) -> bool:
    """Whether the inviter could still send it: who has left, or may do less now, gives nothing any more."""
    inviter = everyone().find_one({"_id": object_id(text_id(invitation.get("invitedBy")))})
    if inviter is None:
        return True
    offered = thing_of(invitation.get("tenantId"))
    return authority.refusal(standing_of(inviter), Act.INVITE, offered, _given_by(invitation)) is None


def _given_by(invitation: InvitationDocument) -> frozenset[str]:
    return permissions_of(invitation.get("roles") or ["user"])


def _accept(invitation: InvitationDocument, user_id: str) -> InvitationDocument:
    accepted: InvitationDocument = {"status": "accepted", "acceptedAt": now(), "acceptedBy": object_id(user_id)}
    stored = _move(all_invitations(), invitation, accepted)
    if stored is None:
        raise BadRequest(_INVALID)
    person: UserDocument = {"_id": ObjectId(user_id), "tenantId": stored.get("tenantId")}
    metadata = {"invitationId": str(stored["_id"]), "invitedBy": text_id(stored.get("invitedBy"))}
    log_activity(person, "invitation_accepted", "Invitation accepted", actor_id=user_id, metadata=metadata)
    announce(stored)
    return stored


def _move(
    view: ScopedDocuments[InvitationDocument], invitation: InvitationDocument, changes: InvitationDocument
) -> InvitationDocument | None:
    """Change a pending invitation and return it, None when it is not pending any more."""
    query = {"_id": invitation["_id"], "status": "pending"}
    return view.update_and_get(query, sets=changes)


def _expire_old(scope: TenantScope, email: str) -> None:
    """Free the address of invitations whose time is over: only one may be pending."""
    late = {"email": email, "status": "pending", "expiresAt": {"$lte": now()}}
    while expired := INVITATIONS.scoped(scope).update_and_get(late, sets={"status": "expired"}):
        announce(expired)


def _log(scope: TenantScope, kind: str, text: str, metadata: Mapping[str, object], *, severity: str = "low") -> None:
    actor: UserDocument = {"_id": ObjectId(scope.actor_id), "tenantId": object_id(scope.tenant_id)}
    log_activity(actor, kind, text, actor_id=scope.actor_id, severity=severity, metadata=metadata)


def announce(invitation: InvitationDocument, token: str | None = None) -> None:
    """Tell auth, and mail the link when there is a new token."""
    key, tenant_id = str(invitation["_id"]), text_id(invitation.get("tenantId"))
    record("invitation.changed", snapshot(invitation), entity_id=key, version=invitation["rev"], tenant_id=tenant_id)
    if token:
        on_commit(lambda: enqueue(send_invitation_mail, invitation["email"], token, invitation.get("message")))
