"""Enums and defaults of buyers (contract/buyers-rules.md §2). Pure."""

from collections.abc import Mapping
from typing import cast

from core.api.states import state_code
from services.buyers.buyers.documents import BuyBox, BuyerDocument

BUYER_TYPES = ("individual", "company", "investor")
RANGES = ("0-50k", "50k-100k", "100k-250k", "250k-500k", "500k+")
# Midpoints of the ranges for the average buyer value (§7).
MIDPOINTS = {"0-50k": 25_000, "50k-100k": 75_000, "100k-250k": 175_000, "250k-500k": 375_000, "500k+": 500_000}
TEXT_FIELDS = ("address", "city", "state", "zipCode", "notes")


def with_defaults(fields: BuyerDocument) -> BuyerDocument:
    """Return a create body with the defaults of members that were not sent."""
    defaults: BuyerDocument = {
        "address": "",
        "city": "",
        "state": "",
        "zipCode": "",
        "notes": "",
        "email": "",
        "phone": "",
        "buyerType": "individual",
        "investmentRange": "100k-250k",
        "preferredPropertyTypes": ["single_family"],
        "isActive": True,
    }
    return {**defaults, **fields}


def from_alias(body: Mapping[str, object]) -> BuyerDocument:
    """Return the create body that the later import proxy means: name, company, property_types, is_active."""
    renamed = {"property_types": "preferredPropertyTypes", "is_active": "isActive"}
    fields = {renamed.get(name, name): value for name, value in body.items() if name not in ("name", "company")}
    fields |= {"contactName": body["name"], "companyName": body.get("company") or body["name"]}
    return cast(BuyerDocument, fields)


def email_key(email: str) -> str | None:
    """Return the form in which addresses are compared, or None for no address."""
    return email.strip().lower() or None


def keys_to_be(buyer: BuyerDocument) -> dict[str, str | None]:
    """Return what the key of a stored buyer must be; None: it must not have it. Deleted buyers have none."""
    email = buyer.get("email")
    return {"emailKey": email_key(email) if isinstance(email, str) and not buyer.get("deletedAt") else None}


def clean_buy_box(box: BuyBox | None) -> BuyBox | None:
    """Return a buy box with 5-digit zip codes and codes of states, or None for an empty one."""
    if not box or not any(box.values()):
        return None
    return {
        "zipCodes": [text.strip()[:5] for text in box.get("zipCodes", []) if text.strip()],
        "states": list(dict.fromkeys(code for text in box.get("states", []) if (code := state_code(text)))),
        "cities": [text.strip() for text in box.get("cities", []) if text.strip()],
    }
