"""The events of users about a user."""

from core.documents.collection import now
from core.documents.ids import text_id
from core.events.outbox import record
from core.events.payloads import AccessChanged, UserSnapshot
from core.identity.access import apply_access_change
from services.users.accounts.documents import UserDocument


def publish_user(name: str, user: UserDocument, *, access: bool) -> None:
    """Record `user.created|updated|deleted` and, when status, roles, permissions or tenant changed, `access.changed`."""
    user_id, tenant_id = str(user["_id"]), text_id(user.get("tenantId"))
    version = user["rev"]
    record(name, snapshot(user), entity_id=user_id, version=version, tenant_id=tenant_id)
    if access:
        payload = access_of(user)
        record("access.changed", payload, entity_id=user_id, version=version, tenant_id=tenant_id)
        # Here it holds at once; the other services follow with the event.
        apply_access_change("users", payload.members(), version)


def access_of(user: UserDocument) -> AccessChanged:
    """Return the event payload of what a person may do."""
    return AccessChanged(
        user_id=str(user["_id"]),
        status=user["status"],
        roles=list(user.get("roles") or []),
        permissions=_additional(user),
        tenant_id=text_id(user.get("tenantId")),
        changed_at=now(),
    )


def _additional(user: UserDocument) -> list[str]:
    """Return what a person may do beyond the own roles: by `permissions`, and by assigned role documents."""
    return list(dict.fromkeys([*(user.get("permissions") or ()), *(user.get("grantedPermissions") or ())]))


def snapshot(user: UserDocument) -> UserSnapshot:
    """Return the event payload of a person."""
    return UserSnapshot(
        user_id=str(user["_id"]),
        email=user["email"],
        first_name=user.get("firstName", ""),
        last_name=user.get("lastName", ""),
        display_name=user.get("displayName"),
        picture=user.get("picture"),
        status=user["status"],
        roles=list(user.get("roles") or []),
        permissions=list(user.get("permissions") or []),
        tenant_id=text_id(user.get("tenantId")),
        settings=user.get("settings") or {},
        google_id=user.get("googleId"),
        email_verified_at=user.get("emailVerifiedAt"),
        created_at=user.get("createdAt"),
        updated_at=user.get("updatedAt"),
    )
