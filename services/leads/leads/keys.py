"""The forms in which e-mails and phones are compared, so that spelling does not hide a duplicate."""

import re

import phonenumbers

from services.leads.leads.documents import Contact, LeadDocument

# Wholesalers write national numbers; the CRM's market is the United States.
_REGION = "US"
_POSSIBLE = phonenumbers.ValidationResult.IS_POSSIBLE


def email_key(email: object) -> str | None:
    """Return an address trimmed and in lower case, or None for an empty one."""
    return str(email or "").strip().lower() or None


def phone_key(phone: object) -> str | None:
    """Return a number in E.164, or its bare digits when it is no valid number, or None for an empty one."""
    text = str(phone or "").strip()
    if not text:
        return None
    try:
        number = phonenumbers.parse(text, _REGION)
    except phonenumbers.NumberParseException:
        number = None
    # The library finds a number in 911 as well; as +1911 it would be a subscriber's.
    if number is not None and phonenumbers.is_possible_number_with_reason(number) == _POSSIBLE:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return re.sub(r"\D", "", text) or None


def keys_of(contact: Contact) -> dict[str, str]:
    """Return the keys that a lead's contact has: `emailKey`, `phoneKey`."""
    keys = {"emailKey": email_key(contact.get("email")), "phoneKey": phone_key(contact.get("phone"))}
    return {name: key for name, key in keys.items() if key}


def keys_to_be(lead: LeadDocument) -> dict[str, str | None]:
    """Return what the keys of a stored lead must be; None: it must not have them. Deleted leads have none."""
    contact = lead.get("contactInfo")
    keys = keys_of(contact) if isinstance(contact, dict) and not lead.get("deletedAt") else {}
    return {name: keys.get(name) for name in ("emailKey", "phoneKey")}
