"""What a change of a buyer by the old system means."""

from core.bridge.sources import follow
from services.buyers.buyers.documents import BuyerDocument
from services.buyers.buyers.models import BUYERS
from services.buyers.buyers.publishing import publish_buyer, snapshot


def _publish(before: BuyerDocument | None, buyer: BuyerDocument) -> None:
    if before is None:
        publish_buyer("created", buyer)
    elif buyer.get("deletedAt") and not before.get("deletedAt"):
        publish_buyer("deleted", buyer)
    else:
        publish_buyer("updated", buyer)


follow(BUYERS, snapshot=snapshot, publish=_publish)
