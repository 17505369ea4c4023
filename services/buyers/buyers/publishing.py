"""The events of buyers about a buyer."""

from core.documents.ids import text_id
from core.events.outbox import record
from core.events.payloads import BuyerSnapshot
from services.buyers.buyers.documents import BuyerDocument


def publish_buyer(name: str, buyer: BuyerDocument) -> None:
    """Record `buyer.<name>` in the running transaction."""
    payload = snapshot(buyer)
    record(f"buyer.{name}", payload, entity_id=payload.id, version=buyer["rev"], tenant_id=text_id(buyer["tenantId"]))


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
