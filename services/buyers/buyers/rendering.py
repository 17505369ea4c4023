"""How a buyer looks on the wire: required keys always there, absent text empty, and the names of a later client."""

from typing import Any

from services.buyers.buyers.documents import BuyerDocument, HistoryDocument

_TEXTS = ("companyName", "contactName", "email", "phone", "address", "city", "state", "zipCode")


def buyer(document: BuyerDocument) -> dict[str, Any]:
    """Return Buyer (contract/buyers.yaml)."""
    wire: dict[str, Any] = {"id": document["_id"], "_id": document["_id"], "tenantId": document.get("tenantId")}
    wire |= {name: document.get(name) or "" for name in _TEXTS}
    wire |= {
        "buyerType": document.get("buyerType") or "individual",
        "investmentRange": document.get("investmentRange") or "100k-250k",
        "preferredPropertyTypes": document.get("preferredPropertyTypes") or [],
        "notes": document.get("notes") or "",
        "isActive": bool(document.get("isActive", True)),
        "createdAt": document.get("createdAt"),
        "updatedAt": document.get("updatedAt"),
        # The later import proxy reads these.
        "name": document.get("contactName") or "",
        "company": document.get("companyName") or "",
        "created_at": document.get("createdAt"),
        "updated_at": document.get("updatedAt"),
    }
    if document.get("buyBox"):
        wire["buyBox"] = document["buyBox"]
    return wire


def preferences(document: BuyerDocument) -> dict[str, Any]:
    """Return Preferences (contract/buyers.yaml); what was never said is absent."""
    wire = {name: buyer(document)[name] for name in ("preferredPropertyTypes", "investmentRange", "notes")}
    box = document.get("buyBox") or {}
    wire["buyBox"] = {name: box.get(name) or [] for name in ("zipCodes", "states", "cities")}
    said = {name: document.get(name) for name in ("priceRange", "conditions", "fundingType")}
    return {**wire, **{name: value for name, value in said.items() if value}}


def event(entry: HistoryDocument) -> dict[str, Any]:
    """Return HistoryEvent (contract/buyers.yaml)."""
    told = {name: entry.get(name) for name in ("buyerId", "type", "changes", "userId", "createdAt")}
    return {"id": entry["_id"], **told}
