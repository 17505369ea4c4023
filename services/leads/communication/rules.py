"""Rules of communication (contract/leads-rules.md §10). Pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from services.leads.communication.documents import TemplateDocument
from services.leads.leads.documents import LeadDocument

SMS, VOICE = KINDS = ("sms", "voice")
QUEUED, SENT, DELIVERED, FAILED = STATES = ("queued", "sent", "delivered", "failed")
# A report may arrive late: it never takes an entry back.
EARLIER = {QUEUED: (), SENT: (QUEUED,), DELIVERED: (QUEUED, SENT), FAILED: (QUEUED, SENT)}
_STATE_OF = {
    "accepted": QUEUED,
    "scheduled": QUEUED,
    "queued": QUEUED,
    "sending": QUEUED,
    "ringing": QUEUED,
    "initiated": QUEUED,
    "in-progress": QUEUED,
    "sent": SENT,
    "delivered": DELIVERED,
    "read": DELIVERED,
    "completed": DELIVERED,
    "failed": FAILED,
    "undelivered": FAILED,
    "busy": FAILED,
    "no-answer": FAILED,
    "canceled": FAILED,
}
# Ten segments of an SMS: longer ones are refused by the provider.
LONGEST_TEXT = 1_600
MOST_AT_ONCE = 1_000
# Words in `tags`, and members of `customFields`, by which people say that they want no messages, no calls, or neither.
_NEVER_TAGS = ("do-not-contact", "dnc", "opted-out")
_NEVER_MEMBERS = {SMS: ("doNotContact", "doNotText"), VOICE: ("doNotContact", "doNotCall")}
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z0-9_]+)\s*\}\}")

NO_CONSENT = "Lead does not want to be contacted"
BAD_NUMBER = "Invalid phone number format"

TEMPLATES: tuple[TemplateDocument, ...] = (
    {
        "id": "welcome-sms",
        "name": "Welcome SMS",
        "type": SMS,
        "content": "Hi {{firstName}}, thank you for reaching out. We will be in touch shortly.",
        "variables": ["firstName"],
        "isActive": True,
    },
    {
        "id": "follow-up-sms",
        "name": "Follow-up SMS",
        "type": SMS,
        "content": "Hi {{firstName}}, do you have any questions about our last conversation?",
        "variables": ["firstName"],
        "isActive": True,
    },
    {
        "id": "voice-greeting",
        "name": "Voice Greeting",
        "type": VOICE,
        "content": (
            "<Response><Say>Hello {{firstName}}. We are calling about your property. "
            "Please call us back at {{phoneNumber}}.</Say></Response>"
        ),
        "variables": ["firstName", "phoneNumber"],
        "isActive": True,
    },
)


def state_of(provider_state: str) -> str:
    """Return which of our four states a provider's state is; an unknown one is queued."""
    return _STATE_OF.get(provider_state.lower(), QUEUED)


def dialable(number: object) -> str | None:
    """Return a number as the provider wants it, or None for an invalid one."""
    text = str(number or "").strip()
    if text.startswith("+"):
        return text if re.fullmatch(r"\+[0-9]{7,15}", re.sub(r"[\s().-]", "", text)) else None
    digits = re.sub(r"\D", "", text)
    if len(digits) == 10:
        return f"+1{digits}"
    return f"+{digits}" if len(digits) == 11 and digits.startswith("1") else None


def refuses(lead: LeadDocument, kind: str) -> bool:
    """Whether a lead has said not to be contacted in this way."""
    custom, tags = lead.get("customFields"), lead.get("tags")
    members = custom if isinstance(custom, Mapping) else {}
    said = any(members.get(name) in (True, "true", "yes") for name in _NEVER_MEMBERS[kind])
    words = tags if isinstance(tags, list) else []
    return said or any(str(tag).strip().lower().replace(" ", "-").replace("_", "-") in _NEVER_TAGS for tag in words)


def filled(template: Mapping[str, Any], values: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a template's text with `values` in place, and the names of the placeholders that have none. In call markup values
    are escaped."""
    safe = escape if template["type"] == VOICE else str
    missing = sorted({name for name in _PLACEHOLDER.findall(template["content"]) if not values.get(name)})
    text = _PLACEHOLDER.sub(lambda found: safe(str(values.get(found.group(1), ""))), template["content"])
    return text, missing


def spoken(message: str) -> str:
    """Return the call markup that reads `message`."""
    return f"<Response><Say>{escape(message)}</Say></Response>"


def signature(url: str, parameters: Mapping[str, str], token: str) -> str:
    """Return Twilio's signature of a request (https://www.twilio.com/docs/usage/security#validating-requests): HMAC-SHA1 of the
    address followed by each parameter's name and value in the order of names, in base 64."""
    signed = url + "".join(f"{name}{parameters[name]}" for name in sorted(parameters))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
