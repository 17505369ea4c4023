"""Scoring of buyer and lead (contract/buyers-rules.md §4). Pure: points per criterion, and why."""

from dataclasses import dataclass

from services.buyers.buyers.documents import BuyerDocument
from services.buyers.matching.documents import LeadDocument

STATUSES = ("pending", "accepted", "rejected", "contacted")
TYPE_POINTS, PRICE_POINTS, CITY_POINTS, STATE_POINTS, CONDITION_POINTS = 40, 30, 20, 10, 10
# A stored match scores more than this.
THRESHOLD = 30
# Upper bounds of the first four ranges; only they are tested. The last range has a lower bound instead.
_AT_MOST = {"0-50k": 50_000, "50k-100k": 100_000, "100k-250k": 250_000, "250k-500k": 500_000}
_HINTS = (("distressed", "distressed"), ("turnkey", "excellent"))
# What buyers call the property types of leads (contract/analytics-rules.md §3).
_FAMILY = {
    "townhouse": "single_family",
    "condominium": "single_family",
    "duplex": "multi_family",
    "triplex": "multi_family",
    "fourplex": "multi_family",
}


@dataclass(frozen=True, slots=True)
class Score:
    """Points per criterion and the reasons in words: short ones as the screen shows them, and detailed ones."""

    breakdown: dict[str, int]
    reasons: tuple[str, ...]
    details: tuple[str, ...]

    @property
    def total(self) -> int:
        """The points together, 0 to 100."""
        return sum(self.breakdown.values())

    @property
    def reason(self) -> str:
        """The reasons as one sentence."""
        return ", ".join(self.reasons) or "General compatibility"


def is_pair(found: Score) -> bool:
    """Whether a buyer and a property are told at all: above 30 points, or for the same city and the hint of a condition alone
    (0.2 + 0.1 is a little more than 0.3 in floats, as the formula was found)."""
    parts = found.breakdown
    return found.total > THRESHOLD or (parts["location"], parts["condition"], found.total) == (
        CITY_POINTS,
        CONDITION_POINTS,
        CITY_POINTS + CONDITION_POINTS,
    )


def family(kind: str) -> str:
    """Return what buyers call a lead's property type."""
    return _FAMILY.get(kind, kind)


def quality(score: int) -> str:
    """Return the band of a score: high from 90, medium from 70, else low."""
    return "high" if score >= 90 else "medium" if score >= 70 else "low"


def score(buyer: BuyerDocument, lead: LeadDocument) -> Score:
    """Return how well `lead` (type, price, place, condition) fits what `buyer` wants."""
    parts = {
        "propertyType": _type(buyer, lead),
        "price": _price(buyer, lead),
        "location": _location(buyer, lead),
        "condition": _condition(buyer, lead),
    }
    told = [part for name, part in parts.items() if part[0] and name != "condition"]
    return Score(
        breakdown={name: part[0] for name, part in parts.items()},
        reasons=tuple(part[1] for part in told),
        details=tuple(part[2] for part in told),
    )


_NONE = (0, "", "")


def _type(buyer: BuyerDocument, lead: LeadDocument) -> tuple[int, str, str]:
    wanted = set(buyer.get("preferredPropertyTypes") or ())
    for kind in (lead.get("propertyTypes") or [])[:1]:
        if kind in wanted or family(kind) in wanted:
            return TYPE_POINTS, "Property type match", f"Matches preferred property type: {kind}"
    return _NONE


def _price(buyer: BuyerDocument, lead: LeadDocument) -> tuple[int, str, str]:
    price, name = lead.get("estimatedValue"), buyer.get("investmentRange")
    if not price:
        return _NONE
    fits = price > 500_000 if name == "500k+" else price <= _AT_MOST.get(str(name), 0)
    return (PRICE_POINTS, "Price range match", "Price within budget range") if fits else _NONE


def _location(buyer: BuyerDocument, lead: LeadDocument) -> tuple[int, str, str]:
    box = buyer.get("buyBox") or {}
    city, state, zip_code = (_plain(lead.get(name)) for name in ("city", "state", "zipCode"))
    cities = {_plain(buyer.get("city")), *(_plain(text) for text in box.get("cities") or ())}
    states = {_plain(buyer.get("state")), *(_plain(text) for text in box.get("states") or ())}
    if zip_code and zip_code[:5] in (box.get("zipCodes") or ()):
        return CITY_POINTS, "Location match", f"ZIP code in buy box: {zip_code[:5]}"
    if city and city in cities:
        return CITY_POINTS, "Location match", f"Same city: {lead['city']}"
    if state and state in states:
        return STATE_POINTS, "Location match", f"Same state: {lead['state']}"
    return _NONE


def _condition(buyer: BuyerDocument, lead: LeadDocument) -> tuple[int, str, str]:
    notes = _plain(buyer.get("notes"))
    hit = any(word in notes and lead.get("condition") == condition for word, condition in _HINTS)
    return (CONDITION_POINTS, "", "") if hit else _NONE


def _plain(value: object) -> str:
    return str(value or "").strip().lower()
