"""Rules of leads: enums, status machine, what a lead must have. Pure; source: contract/leads-rules.md §4, §5."""

import re
from collections.abc import Mapping
from typing import Any

from core.api.states import is_american, state_code
from services.leads.leads.documents import EMAIL, PHONE, Contact, LeadDocument

# What a request may send of the objects in a lead (core.documents.keeping).
_PLACE = dict.fromkeys(("street", "city", "state", "zipCode", "country"))
_CONTACT = (
    "firstName",
    "lastName",
    "email",
    "phone",
    "alternatePhone",
    "preferredContactMethod",
    "timeZone",
    "language",
)
_ROOMS = ("minBedrooms", "maxBedrooms", "minBathrooms", "maxBathrooms", "minSquareFootage", "maxSquareFootage")
_FEATURES = ("preferredLocations", "mustHaveFeatures", "niceToHaveFeatures", "dealBreakers", "timeline", "notes")
_INCOME = ("annualIncome", "employmentStatus", "employmentLength", "monthlyDebt", "monthlyIncome", "debtToIncomeRatio")
_LOAN = (
    "preApproved",
    "preApprovalAmount",
    "downPaymentAmount",
    "downPaymentPercentage",
    "creditScore",
    "lender",
    "loanType",
)
SENT = {
    "contactInfo": {**dict.fromkeys(_CONTACT), "address": _PLACE},
    "propertyPreferences": dict.fromkeys(
        ("propertyType", "transactionType", "minPrice", "maxPrice", *_ROOMS, *_FEATURES)
    ),
    "financialInfo": dict.fromkeys((*_LOAN, *_INCOME, "notes")),
}

# More in one request would keep the caller waiting too long (recommended by contract/leads.yaml).
MOST_AT_ONCE = 1_000

STATUSES = (
    "new",
    "contacted",
    "qualified",
    "interested",
    "negotiating",
    "closed_won",
    "closed_lost",
    "inactive",
    "follow_up",
    "appointment_scheduled",
    "property_viewed",
    "offer_made",
    "under_contract",
)
SOURCES = (
    "website",
    "referral",
    "social_media",
    "cold_call",
    "email_campaign",
    "sms_campaign",
    "open_house",
    "for_sale_sign",
    "online_ad",
    "print_ad",
    "radio_ad",
    "tv_ad",
    "event",
    "partner",
    "other",
)
PRIORITIES = ("low", "medium", "high", "urgent")
PROPERTY_TYPES = (
    "single_family",
    "townhouse",
    "condominium",
    "duplex",
    "triplex",
    "fourplex",
    "multi_family",
    "commercial",
    "land",
    "other",
)
TRANSACTIONS = ("buy", "sell", "rent", "invest", "refinance")
TIMELINES = ("immediate", "1-3_months", "3-6_months", "6-12_months", "flexible")
EMPLOYMENTS = ("employed", "self_employed", "retired", "unemployed", "student", "other")
LOANS = ("conventional", "fha", "va", "usda", "jumbo", "other")
CONTACT_METHODS = ("email", "phone", "sms", "mail")

TRANSITIONS = {
    "new": {"contacted", "inactive"},
    "contacted": {"qualified", "interested", "inactive", "follow_up"},
    "qualified": {"interested", "appointment_scheduled", "inactive"},
    "interested": {"appointment_scheduled", "property_viewed", "negotiating", "inactive"},
    "appointment_scheduled": {"property_viewed", "interested", "inactive"},
    "property_viewed": {"interested", "offer_made", "negotiating", "inactive"},
    "offer_made": {"negotiating", "under_contract", "inactive"},
    "negotiating": {"under_contract", "closed_won", "closed_lost", "inactive"},
    "under_contract": {"closed_won", "closed_lost", "inactive"},
    "follow_up": {"contacted", "qualified", "interested", "inactive"},
    "inactive": {"contacted", "interested"},
    "closed_won": set(),
    "closed_lost": set(),
}

# One way to match each text: a dot that could be any of ten thousand costs a second.
_EMAIL = re.compile(r"[^\s@]++@[^\s@][^\s@.]*+\.[^\s@]++")
_INTERNATIONAL = re.compile(r"\+[1-9][0-9]{1,14}")
_ZIP = re.compile(r"[0-9]{5}(-[0-9]{4})?")
_NAMES = (
    ("firstName", "First name is required"),
    ("lastName", "Last name is required"),
    ("email", "Email is required"),
    ("phone", "Phone number is required"),
)
_ADDRESS = (("street", "Street address"), ("city", "City"), ("state", "State"), ("zipCode", "ZIP code"))

Fault = dict[str, str]


def may_become(old: str, new: str) -> bool:
    """Whether a single change may move a lead from `old` to `new`; an unknown stored status counts as new."""
    return new == old or new in TRANSITIONS.get(old, TRANSITIONS["new"])


def faults_of(lead: LeadDocument, *, new: bool, known_state: object = None) -> list[Fault]:
    """Return all rules that `lead` (a create body, or the members of an update) breaks: `{field, message, code}`.

    known_state: what the lead has as its address' state; an old lead keeps it, whatever it is."""
    contact = lead.get("contactInfo") or {}
    faults = _missing_contact(contact) if new else []
    faults += _contact_faults(contact)
    faults += _address_faults(contact.get("address"), known_state)
    faults += _preference_faults(lead.get("propertyPreferences") or {})
    finances = lead.get("financialInfo") or {}
    if finances.get("preApproved") and not finances.get("preApprovalAmount"):
        text = "Pre-approval amount is required when pre-approved is true"
        faults.append(_fault("financialInfo.preApprovalAmount", text, "MISSING_PREAPPROVAL_AMOUNT"))
    return faults


def transition_fault(old: str, new: str) -> Fault:
    """Return the fault of a transition that the table does not have."""
    return _fault("status", f"Invalid status transition from {old} to {new}", "INVALID_STATUS_TRANSITION")


def _missing_contact(contact: Contact) -> list[Fault]:
    return [
        _fault(f"contactInfo.{name}", text, "REQUIRED_FIELD")
        for name, text in _NAMES
        if not str(contact.get(name) or "").strip()
    ]


def _contact_faults(contact: Contact) -> list[Fault]:
    faults = []
    email, phone = str(contact.get("email") or ""), str(contact.get("phone") or "")
    if email.strip() and not _EMAIL.fullmatch(email):
        faults.append(_fault(EMAIL, "Invalid email format", "INVALID_EMAIL"))
    if phone.strip() and not is_phone(phone):
        faults.append(_fault(PHONE, "Invalid phone number format", "INVALID_PHONE"))
    return faults


def _address_faults(address: object, known_state: object) -> list[Fault]:
    if not isinstance(address, Mapping):
        return []
    faults = [
        _fault(f"address.{name}", f"{label} is required", "REQUIRED_FIELD")
        for name, label in _ADDRESS
        if not str(address.get(name) or "").strip()
    ]
    state = address.get("state")
    if (
        str(state or "").strip()
        and state != known_state
        and is_american(address.get("country"))
        and state_code(state) is None
    ):
        faults.append(_fault("address.state", "State must be a two-letter code", "INVALID_STATE"))
    zip_code = str(address.get("zipCode") or "").strip()
    if zip_code and not _ZIP.fullmatch(zip_code):
        faults.append(_fault("address.zipCode", "Invalid ZIP code format", "INVALID_ZIP_CODE"))
    return faults


def _preference_faults(preferences: Mapping[str, Any]) -> list[Fault]:
    lowest, highest = preferences.get("minPrice"), preferences.get("maxPrice")
    if not lowest or not highest or lowest <= highest:
        return []
    text = "Minimum price cannot be greater than maximum price"
    return [_fault("propertyPreferences.priceRange", text, "INVALID_PRICE_RANGE")]


def is_phone(text: str) -> bool:
    """Whether a phone number has ten or eleven digits, or is an international one."""
    digits = re.sub(r"\D", "", text)
    return len(digits) in (10, 11) or bool(_INTERNATIONAL.fullmatch(text))


def _fault(field: str, message: str, code: str) -> Fault:
    return {"field": field, "message": message, "code": code}
