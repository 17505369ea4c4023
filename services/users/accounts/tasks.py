"""What users hears from auth."""

from core.events.envelope import Event
from core.events.handlers import handles
from services.users.accounts import actions


@handles("account.registered", service="users")
def account_registered(event: Event) -> None:
    """Create the person of a new account."""
    account = event.payload
    fields = {
        "_id": account.user_id,
        "email": account.email,
        "firstName": account.first_name,
        "lastName": account.last_name,
        "companyName": account.company_name,
        "status": account.status,
        "roles": account.roles,
        "tenantId": account.tenant_id,
    }
    optional = {"picture": account.picture, "googleId": account.google_id}
    mail = "accepted" if account.invitation_id else "welcome"
    actions.adopt_account(fields | {name: value for name, value in optional.items() if value}, mail=mail)


@handles("account.profile_changed", service="users")
def account_profile_changed(event: Event) -> None:
    """Store what a person changed of themselves at auth."""
    sent = event.payload
    changes = {
        "firstName": sent.first_name,
        "lastName": sent.last_name,
        "picture": sent.picture,
        "settings": sent.settings,
    }
    actions.apply_own_changes(sent.user_id, {name: value for name, value in changes.items() if value is not None})


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
    activity = event.payload
    actions.note_activity(
        {
            "userId": activity.user_id,
            "type": activity.type,
            "description": activity.description,
            "severity": activity.severity,
            "metadata": activity.metadata,
            "ipAddress": activity.ip_address,
            "userAgent": activity.user_agent,
            "performedAt": activity.performed_at,
        }
    )
