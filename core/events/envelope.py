"""The envelope of an event: publisher, payload, entity, revision, tenant."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from core.api.rendering import wire_form
from core.documents.collection import now
from core.documents.scope import TenantScope
from core.events.catalogue import EVENTS
from core.events.payloads import Payload, State
from core.observability.context import current_request_id
from core.observability.tracing import current_traceparent

Envelope = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What a handler gets: the envelope with its payload decoded."""

    id: str
    name: str
    tenant_id: str | None
    entity_id: str
    # The document's revision in an event with a state; else None.
    version: Any
    occurred_at: datetime
    payload: Any

    @property
    def scope(self) -> TenantScope:
        """The scope of the event's tenant, in which a handler works."""
        return TenantScope(self.tenant_id)


def sealed(name: str, payload: Payload, *, entity_id: str, version: int | None, tenant_id: str | None) -> Envelope:
    """Return the JSON-safe envelope of a new event. Raises KeyError for an unknown name, TypeError for a payload of
    another event, and for a version where there is none, or none where there must be one."""
    event = EVENTS[name]
    if not isinstance(payload, event.payload):
        raise TypeError(f"{name} carries {event.payload.__name__}, not {type(payload).__name__}")
    if isinstance(payload, State) != (version is not None):
        raise TypeError(f"{name}: the version is the revision of the document whose state it tells, else there is none")
    return {
        "id": uuid.uuid4().hex,
        "name": name,
        "version": event.version,
        "publisher": event.owner,
        "tenantId": tenant_id,
        "entityId": entity_id,
        "entityVersion": version,
        "occurredAt": now().isoformat(),
        "requestId": current_request_id(),
        "traceparent": current_traceparent(),
        "payload": msgspec.to_builtins(payload, enc_hook=wire_form),
    }


def opened(envelope: Envelope) -> Event:
    """Return the event in `envelope`. Raises msgspec.ValidationError or KeyError for one that cannot be read."""
    return Event(
        id=envelope["id"],
        name=envelope["name"],
        tenant_id=envelope["tenantId"],
        entity_id=envelope["entityId"],
        version=envelope["entityVersion"],
        occurred_at=datetime.fromisoformat(envelope["occurredAt"]),
        payload=msgspec.convert(envelope["payload"], EVENTS[envelope["name"]].payload),
    )
