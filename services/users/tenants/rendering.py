"""How tenants look on the wire."""

from typing import Any

from core.documents.database import Document
from core.documents.ids import text_id

_FIELDS = (
    "tenantId",
    "name",
    "subdomain",
    "status",
    "plan",
    "settings",
    "ownerId",
    "adminIds",
    "memberIds",
    "maxUsers",
    "maxLeads",
    "maxStorage",
    "customDomain",
    "logoUrl",
    "primaryColor",
    "secondaryColor",
    "description",
    "industry",
    "size",
    "website",
    "phone",
    "address",
    "usageStats",
    "auditLog",
    "createdBy",
    "updatedBy",
    "createdAt",
    "updatedAt",
)


def tenant(document: Document) -> dict[str, Any]:
    """Return Tenant (contract/users.yaml): known fields that are set; people are plain ids."""
    wire = {name: document[name] for name in _FIELDS if document.get(name) is not None}
    for name in ("ownerId", "createdBy", "updatedBy"):
        if name in wire:
            wire[name] = text_id(wire[name])
    for name in ("adminIds", "memberIds"):
        wire[name] = [text_id(person) for person in wire.get(name, [])]
    return wire
