"""Who carries messages and calls: a port with an adapter for Twilio, and one that prints them in development."""

import secrets
from typing import Any, NamedTuple, Protocol

import httpx
import structlog
from django.conf import settings

from core.effects import outside
from services.leads.communication.rules import SMS

log = structlog.get_logger(__name__)

_API = "https://api.twilio.com/2010-04-01/Accounts"
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
# https://www.twilio.com/docs/api/errors/21610: the recipient answered STOP.
_OPTED_OUT = 21610


class Sent(NamedTuple):
    """What the provider said of a message that it took. cost: 0 until it is priced."""

    message_id: str
    status: str
    cost: float


class ProviderRefused(Exception):
    """The provider did not take a message; the text says why. `opted_out`: the recipient wants none."""

    def __init__(self, text: str, *, opted_out: bool = False) -> None:
        super().__init__(text)
        self.opted_out = opted_out


class Provider(Protocol):
    """Carries messages."""

    def send(self, kind: str, to: str, sender: str, content: str, callback: str) -> Sent:
        """Hand over a text (sms) or call markup (voice); states are reported to `callback`. Raises ProviderRefused."""
        ...

    def account(self) -> dict[str, Any] | None:
        """Return `{accountSid, phoneNumbers, balance}`, or None when it cannot be had."""
        ...


class Console:
    """Prints messages: development only (the settings refuse it in production)."""

    def send(self, kind: str, to: str, sender: str, content: str, callback: str) -> Sent:
        """Print it; it counts as sent."""
        log.info("message_printed", kind=kind, to=to, content=content)
        return Sent(f"{'SM' if kind == SMS else 'CA'}{secrets.token_hex(16)}", "sent", 0.0)

    def account(self) -> dict[str, Any] | None:
        """There is none."""
        return None


class Twilio:
    """Twilio's REST API."""

    def send(self, kind: str, to: str, sender: str, content: str, callback: str) -> Sent:
        """POST it. A time-out counts as refused, though Twilio may have taken it: it is never sent twice."""
        path, member = ("Messages", "Body") if kind == SMS else ("Calls", "Twiml")
        form = {"To": to, "From": sender, member: content, "StatusCallback": callback}
        found = self._ask("POST", f"{path}.json", data=form)
        return Sent(str(found["sid"]), str(found.get("status", "queued")), abs(float(found.get("price") or 0)))

    def account(self) -> dict[str, Any] | None:
        """GET the account's numbers."""
        try:
            found = self._ask("GET", "IncomingPhoneNumbers.json")
        except ProviderRefused:
            return None
        numbers = [str(one.get("phone_number")) for one in found.get("incoming_phone_numbers", [])]
        return {"accountSid": settings.TWILIO_ACCOUNT_SID, "phoneNumbers": numbers, "balance": 0}

    def _ask(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        outside("call of a provider")
        credentials = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN)
        url = f"{_API}/{settings.TWILIO_ACCOUNT_SID}/{path}"
        try:
            answer = httpx.request(method, url, auth=credentials, timeout=_TIMEOUT, **arguments)
            found: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderRefused("The provider did not answer") from error
        if answer.is_error:
            opted_out = found.get("code") == _OPTED_OUT
            raise ProviderRefused(str(found.get("message") or answer.reason_phrase)[:300], opted_out=opted_out)
        return found


def provider() -> Provider | None:
    """Return who carries messages here, or None."""
    carriers: dict[str, Provider] = {"twilio": Twilio(), "console": Console()}
    return carriers.get(settings.MESSAGE_PROVIDER)
