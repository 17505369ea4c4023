"""What a change of an invitation by the old system means."""

from core.bridge.sources import follow
from services.users.invitations.actions import announce, snapshot
from services.users.invitations.documents import InvitationDocument
from services.users.invitations.models import INVITATIONS


def _publish(before: InvitationDocument | None, invitation: InvitationDocument) -> None:
    announce({**invitation, "status": "cancelled"} if invitation.get("deletedAt") else invitation)


follow(INVITATIONS, snapshot=snapshot, publish=_publish)
