"""What events carry: all the state that a subscriber needs, so that it need not ask the publisher.

Ids are text, moments aware datetimes, names camelCase on the wire. Unknown members are ignored, so that a newer publisher
can run beside an older subscriber.
"""

from collections.abc import Container
from datetime import datetime
from typing import Any

import msgspec


class Payload(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=False):
    """Base of all payloads. By itself it says what happened, once; it is neither newer nor older than another."""

    def members(self, *names: str, without: Container[str] = ()) -> dict[str, Any]:
        """Return the members `names`, or all but those `without`, by their camelCase names, as documents have them."""
        return {
            field.encode_name: getattr(self, field.name)
            for field in msgspec.structs.fields(self)
            if (field.encode_name in names if names else field.encode_name not in without)
        }


class State(Payload, kw_only=True):
    """Base of payloads that hold the present state of a stored document: its revision (`rev`) is the event's `entityVersion`."""


class AccountRegistered(Payload, kw_only=True):
    """A user registered; the service users creates the user document with this id."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    company_name: str = ""
    status: str = "active"
    roles: list[str] = msgspec.field(default_factory=lambda: ["user"])
    tenant_id: str | None = None
    picture: str | None = None
    google_id: str | None = None
    # The invitation that was accepted, if the account came about that way.
    invitation_id: str | None = None


class AccountProfileChanged(Payload, kw_only=True):
    """The person changed their own profile at auth; only what is not null changes. Names were checked."""

    user_id: str
    first_name: str | None = None
    last_name: str | None = None
    picture: str | None = None
    settings: dict[str, Any] | None = None


class AccountLinked(Payload, kw_only=True):
    """The user signed in with a Google account, which belongs to their account from now on; none: the former one was
    another person's."""

    user_id: str
    google_id: str | None
    picture: str | None = None


class AccountVerified(Payload, kw_only=True):
    """The person proved to own the e-mail address `email`."""

    user_id: str
    verified_at: datetime
    email: str | None = None


class AccountEmailChanged(Payload, kw_only=True):
    """The person confirmed another e-mail address, with their password and from its mailbox."""

    user_id: str
    email: str
    changed_at: datetime


class AccountActivity(Payload, kw_only=True):
    """Something that happened around an account and belongs into its activity log (users-rules §7)."""

    user_id: str
    type: str
    description: str
    severity: str = "low"
    tenant_id: str | None = None
    metadata: dict[str, Any] = {}
    ip_address: str | None = None
    user_agent: str | None = None
    performed_at: datetime


class SessionRevoked(Payload, kw_only=True):
    """Sessions ended before their time, and tokens of the old system, which have none."""

    session_ids: list[str]
    user_id: str
    revoked_at: datetime
    # Tokens without session that ended: their keys (`Principal.token_key`), and when each would have expired.
    tokens: dict[str, datetime] = {}
    # Every token without session that was made until this moment ended.
    tokens_until: datetime | None = None


class KeysRevoked(Payload, kw_only=True):
    """Signing keys of access tokens that are worth nothing any more, and the public keys (JWK) that are left."""

    kids: list[str]
    keys: list[dict[str, str]]


class UserSnapshot(State, kw_only=True):
    """A person, as users knows them now."""

    user_id: str
    email: str
    first_name: str
    last_name: str
    status: str
    roles: list[str]
    display_name: str | None = None
    picture: str | None = None
    permissions: list[str] = []
    tenant_id: str | None = None
    settings: dict[str, Any] = {}
    google_id: str | None = None
    email_verified_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    deleted: bool = False


class EmailRequested(Payload, kw_only=True):
    """The user, or an administrator, asked for another e-mail address of the user; nothing has changed yet."""

    user_id: str
    email: str
    requested_at: datetime


class InvitationSnapshot(State, kw_only=True):
    """An invitation, as users knows it now. `token_digest` is the SHA-256 of the mailed token."""

    id: str
    email: str
    token_digest: str
    status: str
    roles: list[str]
    expires_at: datetime
    invited_by: str
    tenant_id: str | None = None
    message: str | None = None


class AccessChanged(State, kw_only=True):
    """What a person may do changed."""

    user_id: str
    status: str
    roles: list[str]
    permissions: list[str] = []
    tenant_id: str | None = None
    changed_at: datetime


class TenantSnapshot(State, kw_only=True):
    """A tenant, as users knows it now. `tenant_id` is the document id, `uuid` the one in paths."""

    tenant_id: str
    uuid: str
    name: str
    subdomain: str
    status: str
    owner_id: str | None = None
    admin_ids: list[str] = []
    deleted: bool = False


class LeadSnapshot(State, kw_only=True):
    """A lead, as leads knows it now, and what it was before where that matters."""

    id: str
    lead_id: str
    status: str
    source: str
    priority: str
    old_status: str | None = None
    old_assigned_to: str | None = None
    stage_id: str | None = None
    assigned_to: str | None = None
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    phone: str | None = None
    city: str | None = None
    state: str | None = None
    zip_code: str | None = None
    property_types: list[str] = []
    estimated_value: float | None = None
    min_price: float | None = None
    max_price: float | None = None
    close_value: float | None = None
    commission_amount: float | None = None
    condition: str | None = None
    score: float | None = None
    tags: list[str] = []
    created_at: datetime
    updated_at: datetime
    actual_close_date: datetime | None = None
    deleted_at: datetime | None = None
    # Of the messages and calls that the lead tells of: the first one that we sent, how many went either way, and whether the
    # lead sent one after one of ours.
    first_contact_at: datetime | None = None
    outbound: int = 0
    inbound: int = 0
    answered: bool = False


class BuyerSnapshot(State, kw_only=True):
    """A buyer, as buyers knows it now."""

    id: str
    company_name: str
    contact_name: str
    buyer_type: str
    investment_range: str
    is_active: bool
    email: str | None = None
    city: str | None = None
    state: str | None = None
    preferred_property_types: list[str] = []
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


class MatchUpdated(State, kw_only=True):
    """A person decided about a match."""

    id: str
    buyer_id: str
    lead_id: str
    match_score: int
    status: str
