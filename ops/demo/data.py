"""Demo leads and buyers: the same ones every time, spread over a few markets."""

import random
from typing import Any

Body = dict[str, Any]

_MARKETS = (
    ("Austin", "TX", "787", "512"),
    ("Dallas", "TX", "752", "214"),
    ("Phoenix", "AZ", "850", "602"),
    ("Atlanta", "GA", "303", "404"),
    ("Tampa", "FL", "336", "813"),
    ("Cleveland", "OH", "441", "216"),
)
_FIRST = (
    "Rosa",
    "James",
    "Linda",
    "Omar",
    "Grace",
    "Peter",
    "Mia",
    "Carl",
    "Nina",
    "Hugo",
    "Ivy",
    "Sam",
    "Tara",
    "Leo",
)
_LAST = ("Lopez", "Baker", "Nguyen", "Carter", "Silva", "Reed", "Khan", "Moore", "Price", "Stone", "Young", "Ward")
_STREETS = ("Oak St", "Maple Ave", "Cedar Ln", "Main St", "Hill Rd", "River Dr")
_STATUSES = ("new", "new", "new", "contacted", "contacted", "qualified", "interested", "negotiating", "under_contract")
_CLOSED = ("closed_won", "closed_lost", "inactive")
_SOURCES = ("website", "referral", "cold_call", "sms_campaign", "online_ad", "for_sale_sign", "event")
_TYPES = ("single_family", "single_family", "duplex", "townhouse", "multi_family", "land", "commercial")
_BUYER_TYPES = ("individual", "company", "investor")
_RANGES = ("0-50k", "50k-100k", "100k-250k", "100k-250k", "250k-500k", "500k+")
_COMPANIES = ("Capital", "Homes", "Holdings", "Properties", "Investments", "Rentals")


def leads(count: int, assignees: list[str]) -> list[Body]:
    """Return `count` create bodies of leads, assigned in turn to `assignees`."""
    draw = random.Random(20)  # noqa: S311 - demo data
    return [_lead(draw, number, assignees[number % len(assignees)]) for number in range(count)]


def _lead(draw: random.Random, number: int, assignee: str) -> Body:
    city, state, zip_start, area = draw.choice(_MARKETS)
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    price = draw.randrange(40, 650) * 1000
    status = draw.choice(_CLOSED) if number % 8 == 7 else draw.choice(_STATUSES)
    address = {"street": f"{draw.randrange(10, 9999)} {draw.choice(_STREETS)}", "city": city, "state": state}
    return {
        "source": draw.choice(_SOURCES),
        "status": status,
        "priority": draw.choice(("low", "medium", "medium", "high", "urgent")),
        "assignedTo": assignee,
        "score": draw.randrange(5, 100),
        "tags": draw.sample(("vacant", "probate", "tired landlord", "tax lien", "motivated"), draw.randrange(0, 3)),
        "notes": draw.choice(
            ("Wants to close fast", "Needs a new roof", "Inherited, lives out of state", "Call evenings")
        ),
        "contactInfo": {
            "firstName": first,
            "lastName": last,
            "email": f"{first}.{last}.{number}@example.com".lower(),
            "phone": f"{area}555{1000 + number:04}",
            "preferredContactMethod": draw.choice(("phone", "sms", "email")),
            "address": {**address, "zipCode": f"{zip_start}{draw.randrange(1, 60):02}"},
        },
        "propertyPreferences": {
            "propertyType": [draw.choice(_TYPES)],
            "transactionType": "sell",
            "maxPrice": price,
            "preferredLocations": [city],
            "mustHaveFeatures": [],
            "niceToHaveFeatures": [],
            "dealBreakers": [],
            "timeline": draw.choice(("immediate", "1-3_months", "3-6_months")),
        },
        **({"closeValue": price, "commissionAmount": price // 20} if status == "closed_won" else {}),
    }


def buyers(count: int) -> list[Body]:
    """Return `count` create bodies of buyers."""
    draw = random.Random(21)  # noqa: S311 - demo data
    return [_buyer(draw, number) for number in range(count)]


def _buyer(draw: random.Random, number: int) -> Body:
    city, state, zip_start, area = draw.choice(_MARKETS)
    first, last = draw.choice(_FIRST), draw.choice(_LAST)
    company = f"{last} {draw.choice(_COMPANIES)}"
    zip_codes = [f"{zip_start}{draw.randrange(1, 60):02}" for _ in range(3)]
    return {
        "companyName": company,
        "contactName": f"{first} {last}",
        "email": f"{first}.{number}@{last}.example".lower(),
        "phone": f"{area}-555-{2000 + number}",
        "address": f"{draw.randrange(10, 999)} {draw.choice(_STREETS)}",
        "city": city,
        "state": state,
        "zipCode": zip_codes[0],
        "buyerType": draw.choice(_BUYER_TYPES),
        "investmentRange": draw.choice(_RANGES),
        "preferredPropertyTypes": draw.sample(("single_family", "multi_family", "commercial", "land"), 2),
        "buyBox": {"zipCodes": zip_codes, "states": [state], "cities": [city]},
        "notes": draw.choice(("", "Turnkey only", "Distressed welcome", "Cash buyer")),
    }
