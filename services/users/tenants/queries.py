"""Reads of tenants: operators see all, other callers their own."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from core.api.pagination import PageRequest
from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id, uuid_text
from core.documents.scope import TenantScope
from core.errors import existing
from core.identity.principals import Principal
from services.users.accounts.documents import TenantDocument
from services.users.accounts.models import TENANTS, USERS


def visible_to(principal: Principal | None) -> Document:
    """Return the filter of the tenants that the caller may see; None for a caller with an invitation."""
    return {} if principal is None or principal.is_operator else {"_id": object_id(principal.tenant_id)}


def tenant_by_uuid(principal: Principal | None, uuid: str) -> TenantDocument:
    """Return a visible tenant by the UUID of its path, or by its document id. Raises NotFound."""
    key: Document = {"tenantId": uuid_text(uuid)} if uuid_text(uuid) else {"_id": object_id(uuid)}
    return _found({"$and": [visible_to(principal), key]})


def tenant_by_subdomain(principal: Principal, subdomain: str) -> TenantDocument:
    """Return a visible tenant by its subdomain. Raises NotFound."""
    return _found({"$and": [visible_to(principal), {"subdomain": subdomain.lower()}]})


def list_tenants(principal: Principal, query: dict[str, Any], page: PageRequest) -> tuple[list[TenantDocument], int]:
    """Return a page of the visible tenants, newest first, and how many match."""
    criteria = visible_to(principal) | {name: query[name] for name in ("status", "plan") if query.get(name)}
    if query.get("search"):
        words = {"$regex": re.escape(query["search"]), "$options": "i"}
        fields = ("name", "subdomain", "settings.companyName", "description")
        criteria = {"$and": [criteria, {"$or": [{field: words} for field in fields]}]}
    view = TENANTS
    found = list(view.find(criteria, sort=[("createdAt", -1)], skip=page.skip, limit=page.limit))
    return found, view.count(criteria)


def tenant_stats(tenant: TenantDocument) -> dict[str, Any]:
    """Return TenantStats. People are counted here; figures of leads belong to another service and are 0."""
    people = USERS.scoped(TenantScope(str(tenant["_id"])))
    recently = {"lastActiveAt": {"$gte": now() - timedelta(days=30)}, "status": "active"}
    return {
        "tenantId": tenant["tenantId"],
        "tenantName": tenant["name"],
        "totalUsers": people.count({}),
        "totalLeads": 0,
        "totalStorage": 0,
        "activeUsers": people.count(recently),
        "newLeadsThisMonth": 0,
        "conversionRate": 0,
        "lastActivity": (tenant.get("auditLog") or {}).get("lastActivity") or tenant["createdAt"],
    }


def _found(criteria: Mapping[str, object]) -> TenantDocument:
    return existing(TENANTS.find_one(criteria), "Tenant not found")
