"""How tenants look on the wire."""

from typing import Any

from core.documents.ids import text_id
from core.documents.shapes import filled
from services.users.accounts.documents import TenantDocument

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


def tenant(document: TenantDocument) -> dict[str, Any]:
    """Return Tenant (contract/users.yaml): known fields that are set; people are plain ids."""
    wire = filled(document, _FIELDS)
    for name in ("ownerId", "createdBy", "updatedBy"):
        if name in wire:
            wire[name] = text_id(wire[name])
    for name in ("adminIds", "memberIds"):
        wire[name] = [text_id(person) for person in wire.get(name, [])]
    return wire
