"""Searches that name one person: by a whole e-mail address, or by the digits of a phone number. Pure."""

import re

# A number without area code, up to the longest international one (E.164).
_FEWEST, _MOST = 7, 15
_NATIONAL = 10


def address_in(search: str) -> str | None:
    """Return the e-mail address that a search is, in lower case, or None for other words."""
    # A plus sign that a client sent as it is arrives as a space.
    address = search.strip().replace(" ", "+").lower()
    name, at, domain = address.partition("@")
    return address if name and at and "." in domain and "@" not in domain else None


def digits_in(search: str) -> str | None:
    """Return the digits of the phone number that a search is, without the country's 1, or None for other words."""
    digits = re.sub(r"\D", "", search)
    if len(digits) == _NATIONAL + 1 and digits.startswith("1"):
        digits = digits[1:]
    words = any(letter.isalpha() or letter == "@" for letter in search)
    return digits if _FEWEST <= len(digits) <= _MOST and digits.isascii() and not words else None


def digits_pattern(digits: str) -> str:
    """Return the pattern of a number with these digits in any spelling; each step has one way only, so nothing backtracks."""
    return r"\D*".join(digits)


def spellings(digits: str) -> list[str]:
    """Return how people write a national number: for looking it up by an index where it is stored as it was typed."""
    if len(digits) != _NATIONAL:
        return [digits, f"+{digits}"]
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    national = [digits, f"({area}) {exchange}-{line}", f"({area}){exchange}-{line}"]
    national += [f"{area}{mark}{exchange}{mark}{line}" for mark in "-. "]
    return [*national, *(f"{prefix}{text}" for prefix in ("+1", "+1 ", "+1-", "1", "1 ", "1-") for text in national)]
