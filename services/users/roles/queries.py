"""Reads of roles and of what people may do by them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.api.pagination import PageRequest
from core.documents.collection import Sort, now
from core.documents.database import Document
from core.documents.ids import either_form, object_id, text_id
from core.documents.scope import TenantScope
from core.errors import NotFound
from services.users.accounts.authority import OPERATORS_OWN
from services.users.accounts.documents import UserDocument
from services.users.roles import rules
from services.users.roles.bypasses import all_assignments, all_roles
from services.users.roles.documents import RoleDocument
from services.users.roles.models import ROLES

SHARED: Document = {"tenantId": None, "type": rules.SYSTEM}
_SEARCHED = ("name", "displayName", "description")
_SORTABLE = ("createdAt", "updatedAt", "name", "displayName", "type", "isActive")
# Users have fewer roles; a list without paging on the wire still has a limit.
_MOST = 500


def role_by_id(scope: TenantScope, role_id: str) -> RoleDocument:
    """Return a role of the scope, or a shared one. Raises NotFound."""
    key = object_id(role_id)
    found = ROLES.scoped(scope).find_one({"_id": key}) if key else None
    if key and found is None:
        found = all_roles().find_one({"_id": key, **SHARED})
    if found is None:
        raise NotFound("Role not found")
    return found


def search_roles(scope: TenantScope, query: dict[str, Any], page: PageRequest) -> tuple[list[RoleDocument], int]:
    """Return a page of the caller's tenant's roles that match all filters, and how many there are.

    Shared roles are among them when the caller asks for type system, and for callers without tenant."""
    criteria: Document = {"$and": [_listed(scope, query.get("type"))]}
    criteria |= {name: query[name] for name in ("type", "isActive") if query.get(name) is not None}
    if query.get("search"):
        words = {"$regex": re.escape(query["search"]), "$options": "i"}
        criteria["$or"] = [{field: words} for field in _SEARCHED]
    view = all_roles()
    found = list(view.find(criteria, sort=_order(query), skip=page.skip, limit=page.limit))
    return found, view.count(criteria)


def _listed(scope: TenantScope, kind: str | None) -> Document:
    if scope.tenant_id is None:
        return {"tenantId": None} if scope.everywhere else SHARED
    own: Document = {"tenantId": either_form(scope.tenant_id)}
    return {"$or": [own, SHARED]} if kind == rules.SYSTEM else own


def _order(query: Mapping[str, object]) -> Sort:
    field = query.get("sortBy") if query.get("sortBy") in _SORTABLE else "createdAt"
    direction = -1 if query.get("sortOrder") == "desc" else 1
    return [(str(field), direction), ("_id", direction)]


def own_and_shared(tenant_id: object) -> Document:
    """Return the filter of a tenant's roles (None: those without tenant) and the shared ones."""
    own = None if tenant_id is None else either_form(tenant_id)
    return {"$or": [{"tenantId": own}, SHARED]}


def candidates_for(roles: Sequence[RoleDocument]) -> list[RoleDocument]:
    """Return the roles among which the parents of `roles` are: all those that have one of the names."""
    names = sorted({name for role in roles for name in role.get("inheritedRoles") or ()})
    tenants = {text_id(role.get("tenantId")) for role in roles}
    if not names:
        return []
    owners = [own_and_shared(tenant) for tenant in sorted(tenants, key=str)]
    return list(all_roles().find({"name": {"$in": names}, "$or": owners}, limit=_MOST * 2))


def effective_permissions(roles: Sequence[RoleDocument]) -> list[str]:
    """Return what `roles` give together, with what they inherit."""
    return rules.effective(roles, candidates_for(roles))


def running(person: UserDocument) -> Document:
    """Return the filter of a person's assignments that count now: in the own tenant, active, not expired."""
    tenant = text_id(person.get("tenantId"))
    return {
        "userId": either_form(str(person["_id"])),
        "tenantId": None if tenant is None else either_form(tenant),
        "isActive": True,
        "$or": [{"expiresAt": None}, {"expiresAt": {"$gt": now()}}],
    }


def roles_of(person: UserDocument) -> list[RoleDocument]:
    """Return the active roles that a person has now, in the order of assignment; deleted roles are left out."""
    found = all_assignments().find(running(person), {"roleId": 1}, sort=[("assignedAt", 1)], limit=_MOST)
    keys = [key for key in (object_id(text_id(assignment.get("roleId"))) for assignment in found) if key]
    by_key = {role["_id"]: role for role in all_roles().find({"_id": {"$in": keys}, "isActive": True})}
    tenant = text_id(person.get("tenantId"))
    return [by_key[key] for key in dict.fromkeys(keys) if key in by_key and rules.belongs_to(by_key[key], tenant)]


def permissions_of(person: UserDocument) -> list[str]:
    """Return what a person may do by assigned roles (users-rules §3.4); other sources play no part here. In a tenant they
    give nothing of what is the operators' own, whatever the old system assigned."""
    given = effective_permissions(roles_of(person))
    return given if person.get("tenantId") is None else [name for name in given if name not in OPERATORS_OWN]
