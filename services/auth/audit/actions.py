"""Writing security events, and telling users about those that belong into a person's activity log."""

from dataclasses import dataclass
from typing import Literal

from rest_framework.request import Request

from core.api.addresses import client_address, user_agent
from core.documents.collection import now
from core.documents.ids import object_id
from core.documents.transactions import transactional
from core.events.outbox import record
from core.events.payloads import AccountActivity
from core.observability.context import current_request_id
from services.auth.audit.models import SECURITY_EVENTS
from services.auth.directory.queries import person_by_id


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str
    user_agent: str


def origin_of(request: Request) -> Origin:
    """Return where `request` came from."""
    return Origin(client_address(request._request), user_agent(request._request))


@dataclass(frozen=True, slots=True)
class Happening:
    """What happened: the security event's type and sentence, and the kind of activity that users logs, if any."""

    event: str
    description: str
    activity: str | None = "security_event"
    severity: Literal["low", "medium", "high", "critical"] = "low"
    outcome: Literal["success", "failure", "warning"] = "success"


@transactional("auth")
def note(user_id: str | None, happening: Happening, origin: Origin, **details: object) -> None:
    """Write `happening` about the account `user_id` (None: no such account), in the running transaction.

    details: plain data; never a token, a code or a password. Test identities have no account and leave no trace.
    """
    if user_id is not None and object_id(user_id) is None:
        return
    # What is written about an account that does not exist costs as much, or the time would tell so.
    moment, tenant_id = now(), (person_by_id(user_id or "") or {}).get("tenantId")
    SECURITY_EVENTS.insert_one(
        {
            "eventType": happening.event,
            "userId": object_id(user_id),
            "tenantId": object_id(tenant_id),
            "ipAddress": origin.address,
            "userAgent": origin.user_agent,
            "resource": "account",
            "action": happening.description,
            "outcome": happening.outcome,
            "severity": happening.severity,
            "details": details,
            "requestId": current_request_id(),
            "timestamp": moment,
        }
    )
    if happening.activity is None:
        return
    activity = AccountActivity(
        user_id=user_id or "",
        tenant_id=tenant_id,
        type=happening.activity,
        description=happening.description,
        severity=happening.severity,
        metadata=details,
        ip_address=origin.address,
        user_agent=origin.user_agent,
        performed_at=moment,
    )
    record("account.activity", activity, entity_id=user_id or "", tenant_id=tenant_id)
