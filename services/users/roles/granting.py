"""Assigned roles take effect: what they give is kept on the person as `grantedPermissions` and goes to all services with
`access.changed`.

It is computed again whenever it may have changed: at once for an assignment or a revocation; for a changed role at once for
its first holders, while the others' assignments are marked `stale` for the periodic task. That task also ends expired
assignments: they stop counting in answers to the second, and in what the person may do within `tasks.SWEEP_SECONDS`.
"""

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import either_form, object_id, text_id
from core.documents.transactions import transactional
from services.users.accounts.bypasses import everyone
from services.users.accounts.documents import UserDocument
from services.users.accounts.logbook import log_activity
from services.users.accounts.publishing import publish_user
from services.users.roles.bypasses import all_assignments, all_roles
from services.users.roles.documents import AssignmentDocument, RoleDocument
from services.users.roles.queries import permissions_of, running


@transactional("users")
def refresh_person(user_id: object, *, actor_id: str | None = None) -> None:
    """Compute the permissions of a user's assigned roles, and publish them when they changed; ends expired assignments.

    `user_id` is the reference as assignments store it; an unknown person's assignments are only ended."""
    key = object_id(text_id(user_id))
    # Two changes for one person at once would each miss the other's assignment: this makes them conflict and retry.
    everyone().mark({"_id": key}, {"$inc": {"grantsGuard": 1}})
    end_expired(user_id)
    marked: Document = {"userId": either_form(text_id(user_id)), "stale": True}
    all_assignments().mark(marked, {"$unset": {"stale": 1}})
    person = everyone().find_one({"_id": key})
    if person is not None:
        _grant(person, sorted(permissions_of(person)), actor_id)


def end_expired(user_id: object) -> None:
    """Make a person's expired assignments inactive: only active ones are unique."""
    expired = {"userId": either_form(text_id(user_id)), "isActive": True, "expiresAt": {"$lte": now()}}
    all_assignments().update_many(expired, sets={"isActive": False})


def end_assignments(person: UserDocument, *, actor_id: str | None) -> None:
    """End all that is assigned to a person in the tenant that they leave: it must not come back with them."""
    ended: AssignmentDocument = {"isActive": False, "revokedAt": now(), "revokedBy": object_id(actor_id)}
    all_assignments().update_many(running(person), sets=ended)


def _grant(person: UserDocument, granted: list[str], actor_id: str | None) -> None:
    before = person.get("grantedPermissions") or []
    if granted == before:
        return
    changed = everyone().update_and_get({"_id": person["_id"]}, sets={"grantedPermissions": granted})
    assert changed is not None
    publish_user("user.updated", changed, access=True)
    metadata = {"oldPermissions": before, "newPermissions": granted}
    text = "Permissions by assigned roles changed"
    log_activity(changed, "permission_update", text, actor_id=actor_id, severity="high", metadata=metadata)


def hold(*roles: RoleDocument) -> None:
    """Keep `roles` as they are until the running transaction ends: a change or deletion meanwhile conflicts
    with it and is retried. Shared roles never change."""
    keys = [role["_id"] for role in roles if role.get("tenantId") is not None]
    if keys:
        all_roles().mark({"_id": {"$in": keys}}, {"$inc": {"guard": 1}})
