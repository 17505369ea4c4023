"""Where a buyer buys (contract/buyers-rules.md §3, location search). Pure."""

import re
from dataclasses import dataclass

from services.buyers.buyers.documents import BuyerDocument

_ZIP = re.compile(r"(?<![0-9])([0-9]{5})(?:-[0-9]{4})?(?![0-9])")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that is searched for; empty text is no criterion."""

    city: str = ""
    state: str = ""
    zip_code: str = ""


def place_of(city: str, state: str, zip_code: str, address: str) -> Place:
    """Return the place that a search names: what it gives by itself wins over the parts of its address."""
    parsed = _parsed(address)
    digits = re.sub("[^0-9]", "", zip_code)[:5]
    return Place(city.strip() or parsed.city, state.strip().upper()[:2] or parsed.state, digits or parsed.zip_code)


def covers(buyer: BuyerDocument, place: Place) -> bool:
    """Whether the buyer's buy box holds for all that the place names; without a buy box, whether the home does."""
    box = buyer.get("buyBox")
    city = place.city.lower()
    if not box:
        return (
            (not city or _plain(buyer.get("city")) == city)
            and (not place.state or _plain(buyer.get("state")) == place.state.lower())
            and (not place.zip_code or buyer.get("zipCode") == place.zip_code)
        )
    cities = [_plain(text) for text in box.get("cities") or ()]
    return (
        (not city or any(text and (text in city or city in text) for text in cities))
        and (not place.state or place.state in [text.upper()[:2] for text in box.get("states") or ()])
        and (not place.zip_code or place.zip_code in [text[:5] for text in box.get("zipCodes") or ()])
    )


def _parsed(address: str) -> Place:
    found = _ZIP.search(address)
    parts = [part.strip() for part in address.split(",")]
    for index in range(len(parts) - 1, -1, -1):
        if len(parts[index]) == 2 and parts[index].isascii() and parts[index].isalpha():
            city = parts[index - 1] if index else ""
            return Place(city, parts[index].upper(), found[1] if found else "")
    return Place("", "", found[1] if found else "")


def _plain(value: object) -> str:
    return str(value or "").strip().lower()
