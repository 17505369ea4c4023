"""Event handlers of users for accounts at auth."""

from typing import cast

from bson import ObjectId

from core.documents.shapes import filled
from core.events.envelope import Event
from core.events.handlers import handles
from services.users.accounts import actions
from services.users.accounts.documents import UserDocument


@handles("account.registered", service="users")
def account_registered(event: Event) -> None:
    """Create the person of a new account."""
    account = event.payload
    optional = {name: value for name, value in account.members("picture", "googleId").items() if value}
    fields = account.members(without=("userId", "companyName", "picture", "googleId", "invitationId"))
    mail = "accepted" if account.invitation_id else "welcome"
    person = cast(UserDocument, {"_id": ObjectId(account.user_id), **fields, **optional})
    actions.adopt_account(person, company=account.company_name, mail=mail)


@handles("account.profile_changed", service="users")
def account_profile_changed(event: Event) -> None:
    """Store what a person changed of themselves at auth."""
    changes = event.payload.members(without=("userId",))
    actions.apply_own_changes(event.payload.user_id, cast(UserDocument, filled(changes, changes)))


@handles("account.email_changed", service="users")
def account_email_changed(event: Event) -> None:
    """Take over the address that a person confirmed."""
    actions.move_address(event.payload.user_id, event.payload.email, event.payload.changed_at)


@handles("account.linked", service="users")
def account_linked(event: Event) -> None:
    """Note the Google account of a person, or that they have none."""
    actions.link_google(event.payload.user_id, event.payload.google_id, event.payload.picture)


@handles("account.verified", service="users")
def account_verified(event: Event) -> None:
    """Activate a person whose address is verified."""
    actions.verify_account(event.payload.user_id, event.payload.verified_at, event.payload.email)


@handles("account.activity", service="users")
def account_activity(event: Event) -> None:
    """Log what happened around an account."""
    actions.note_activity(event.payload)
