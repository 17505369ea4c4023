"""The factors of a score: each looks at one side of a lead and says how good it is, from 0 to 100, and why.

The figures are those of contract/leads-rules.md §7. Pure; documents of the old system may lack anything or hold odd values.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from services.leads.leads.documents import LeadDocument, Talk

Verdict = tuple[float, str]
Steps = Sequence[tuple[float, float]]

_SOURCES = {
    "referral": 90,
    "website": 80,
    "open_house": 75,
    "email_campaign": 70,
    "social_media": 65,
    "sms_campaign": 60,
    "partner": 55,
    "for_sale_sign": 50,
    "online_ad": 45,
    "print_ad": 40,
    "radio_ad": 35,
    "tv_ad": 30,
    "event": 25,
    "cold_call": 20,
}
_OTHER_SOURCE = 10
_NEAR_THE_END = ("negotiating", "offer_made", "under_contract", "appointment_scheduled")
_TERMS_OF_THE_TRADE = ("closing costs", "escrow", "contingency", "inspection")
_NO_HISTORY = "No communication history available"


def property_preferences(lead: LeadDocument, moment: datetime) -> Verdict:
    """How clearly the lead says what is wanted."""
    wanted = _object(lead.get("propertyPreferences"))
    if not wanted:
        return 0, "No property preferences defined"
    spread = _spread(wanted)
    score: float = 50 + min(5 * len(_list(wanted.get("propertyType"))), 20)
    score += 0.2 * max(0.0, 100 - spread) if spread is not None else 0
    score += min(3 * len(_list(wanted.get("preferredLocations"))), 15)
    score += min(2 * len(_list(wanted.get("mustHaveFeatures"))), 10)
    return score, "Property preferences match score based on type specificity, price range, and location preferences"


def location(lead: LeadDocument, moment: datetime) -> Verdict:
    """How narrow the search is: few places, and named ones."""
    places = _object(lead.get("propertyPreferences")).get("preferredLocations")
    if not isinstance(places, list):
        return 0, "No location preferences defined"
    specific = sum("," in str(place) or len(str(place).split()) <= 2 for place in places)
    count = len(places)
    score = 90 if count == 1 else 70 if count <= 3 else 50 if count <= 5 else 30
    text = f"Location preference score based on {count} locations with {specific} specific areas"
    return score + (10 if specific else 0), text


def budget(lead: LeadDocument, moment: datetime) -> Verdict:
    """How narrow the price range is."""
    spread = _spread(_object(lead.get("propertyPreferences")))
    if spread is None:
        return 0, "No budget information available"
    score = 90 if spread <= 20 else 70 if spread <= 40 else 50 if spread <= 60 else 30
    return score + 10, f"Budget alignment score based on price range of {spread:.1f}%"


def finances(lead: LeadDocument, moment: datetime) -> Verdict:
    """How likely the lead can pay."""
    known = _object(lead.get("financialInfo"))
    if not known:
        return 0, "No financial information available"
    score: float = 40 if known.get("preApproved") is True else 0
    score += _step(known.get("downPaymentPercentage"), ((20, 30), (10, 20), (5, 10)))
    score += _step(known.get("creditScore"), ((750, 20), (700, 15), (650, 10)))
    if known.get("employmentStatus") == "employed":
        score += _step(known.get("employmentLength"), ((24, 10), (12, 5)))
    return score, "Financial qualification based on pre-approval, down payment, credit score, and employment stability"


def engagement(lead: LeadDocument, moment: datetime) -> Verdict:
    """How much was talked, lately, with success and in both directions."""
    history = _history(lead)
    if not history:
        return 0, _NO_HISTORY
    recent = any(when > moment - timedelta(days=7) for when, _ in _dated(history))
    successful = sum(entry.get("outcome") == "successful" for entry in history)
    directions = {entry.get("direction") for entry in history}
    score = _step(len(history), ((10, 30), (5, 20), (2, 10))) + (20 if recent else 0)
    score += 30 * successful / len(history) + (20 if {"inbound", "outbound"} <= directions else 0)
    return score, f"Engagement based on {len(history)} communications, {successful} of them successful"


def source(lead: LeadDocument, moment: datetime) -> Verdict:
    """How good leads of this source usually are."""
    name = str(lead.get("source") or "other")
    return _SOURCES.get(name, _OTHER_SOURCE), f"Source quality score for {name} lead source"


def urgency(lead: LeadDocument, moment: datetime) -> Verdict:
    """How near a close date, a follow-up or the end of the negotiation is."""
    score = _days_step(lead.get("expectedCloseDate"), moment, ((30, 40), (60, 30), (90, 20)))
    score += _days_step(lead.get("nextFollowUpDate"), moment, ((1, 30), (3, 20), (7, 10)))
    score += 30 if lead.get("status") in _NEAR_THE_END else 0
    return score, "Urgency indicator based on close date, follow-up timing, and current status"


def responsiveness(lead: LeadDocument, moment: datetime) -> Verdict:
    """How soon the lead answers."""
    history = _history(lead)
    if not history:
        return 0, _NO_HISTORY
    waits = _hours_to_answer(history)
    if not waits:
        return 0, "No answers to our messages yet"
    mean = sum(waits) / len(waits)
    score = next((points for hours, points in ((1, 90), (4, 80), (24, 70), (48, 50), (168, 30)) if mean <= hours), 10)
    return score, f"Communication responsiveness based on answers after {mean:.1f} hours on average"


def market_knowledge(lead: LeadDocument, moment: datetime) -> Verdict:
    """How much the lead knows of buying and selling."""
    texts = " ".join(str(entry.get("content") or entry.get("subject") or "") for entry in _history(lead)).lower()
    score = 50 + min(5 * len(_list(lead.get("propertiesViewed"))), 30) + min(10 * len(_list(lead.get("offers"))), 20)
    score += 20 if any(term in texts for term in _TERMS_OF_THE_TRADE) else 0
    return score, "Market knowledge based on property viewings, offer history, and communication sophistication"


FACTORS: dict[str, Callable[[LeadDocument, datetime], Verdict]] = {
    "property_preferences_match": property_preferences,
    "location_preference": location,
    "budget_alignment": budget,
    "financial_qualification": finances,
    "engagement_level": engagement,
    "source_quality": source,
    "urgency_indicator": urgency,
    "communication_responsiveness": responsiveness,
    "market_knowledge": market_knowledge,
}


def _hours_to_answer(history: list[Talk]) -> list[float]:
    """Return the hours from each of our messages to the successful answer that follows it."""
    ordered = sorted(_dated(history), key=lambda pair: pair[0])
    waits, asked = [], None
    for when, entry in ordered:
        if entry.get("direction") == "outbound":
            asked = when
        elif entry.get("direction") == "inbound" and entry.get("outcome") == "successful" and asked is not None:
            waits.append((when - asked).total_seconds() / 3600)
    return waits


def _days_step(value: object, moment: datetime, steps: Steps) -> float:
    if not isinstance(value, datetime):
        return 0
    days = math.ceil((_aware(value) - moment).total_seconds() / 86_400)
    return next((points for limit, points in steps if days <= limit), 0)


def _step(value: object, steps: Steps) -> float:
    """Return the points of the first (highest) limit that `value` reaches."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0
    return next((points for limit, points in steps if value >= limit), 0)


def _spread(wanted: Mapping[str, object]) -> float | None:
    """Return the price range as a percentage of its upper end, or None without one."""
    low, high = wanted.get("minPrice"), wanted.get("maxPrice")
    if not isinstance(low, int | float) or not isinstance(high, int | float) or not low or not high:
        return None
    return (high - low) / high * 100


def _history(lead: LeadDocument) -> list[Talk]:
    entries = _list(lead.get("communicationHistory"))
    return [cast(Talk, entry) for entry in entries if isinstance(entry, dict)]


def _dated(history: list[Talk]) -> list[tuple[datetime, Talk]]:
    return [(_aware(entry["timestamp"]), entry) for entry in history if isinstance(entry.get("timestamp"), datetime)]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
