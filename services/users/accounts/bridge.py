"""What a change of a user by the old system means."""

from core.bridge.sources import follow
from services.users.accounts.documents import UserDocument
from services.users.accounts.models import USERS
from services.users.accounts.publishing import publish_user, snapshot


def _publish(before: UserDocument | None, user: UserDocument) -> None:
    if user.get("deletedAt"):
        # Also one that the old system removed: no token of theirs is worth anything any more.
        publish_user("user.deleted", {**user, "status": "inactive"}, access=True)
    else:
        publish_user("user.created" if before is None else "user.updated", user, access=True)


follow(USERS, snapshot=snapshot, publish=_publish)
