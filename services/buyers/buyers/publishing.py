"""The events of buyers about a buyer."""

from collections.abc import Iterable

from core.documents.ids import text_id
from core.events.outbox import Fact, record_all
from core.events.payloads import BuyerSnapshot
from services.buyers.buyers.documents import BuyerDocument


def publish_buyer(name: str, buyer: BuyerDocument) -> None:
    """Record `buyer.<name>` in the running transaction."""
    publish_buyers(name, [buyer])


def publish_buyers(name: str, buyers: Iterable[BuyerDocument]) -> None:
    """Record `buyer.<name>` of each of `buyers`, in one statement."""
    facts = [Fact(snapshot(buyer), str(buyer["_id"]), text_id(buyer["tenantId"]), buyer["rev"]) for buyer in buyers]
    if facts:
        record_all(f"buyer.{name}", facts)


def snapshot(buyer: BuyerDocument) -> BuyerSnapshot:
    """Return the event payload of a buyer."""
    return BuyerSnapshot(
        id=str(buyer["_id"]),
        company_name=buyer.get("companyName") or "",
        contact_name=buyer.get("contactName") or "",
        buyer_type=buyer.get("buyerType") or "individual",
        investment_range=buyer.get("investmentRange") or "100k-250k",
        is_active=bool(buyer.get("isActive", True)),
        email=buyer.get("email"),
        city=buyer.get("city"),
        state=buyer.get("state"),
        preferred_property_types=[str(kind) for kind in buyer.get("preferredPropertyTypes") or []],
        created_at=buyer["createdAt"],
        updated_at=buyer["updatedAt"],
        deleted_at=buyer.get("deletedAt"),
    )
