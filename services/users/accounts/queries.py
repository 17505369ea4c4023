"""Reads of people."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.api.pagination import PageRequest
from core.api.searching import address_in, digits_in, digits_pattern
from core.documents.bypasses import about
from core.documents.collection import Sort
from core.documents.database import Document
from core.documents.ids import object_id, text_id
from core.documents.scope import TenantScope
from core.documents.shapes import Reference
from core.errors import existing
from services.users.accounts.bypasses import everyone
from services.users.accounts.documents import UserDocument
from services.users.accounts.models import USERS

_SEARCHED = (
    "email",
    "firstName",
    "lastName",
    "displayName",
    "profile.company",
    "profile.position",
    "profile.bio",
    "tags",
)
_SORTABLE = (
    "createdAt",
    "updatedAt",
    "email",
    "firstName",
    "lastName",
    "displayName",
    "status",
    "lastLoginAt",
    "lastActiveAt",
)
_RANGES = {
    "createdAfter": ("createdAt", "$gte"),
    "createdBefore": ("createdAt", "$lte"),
    "lastActiveAfter": ("lastActiveAt", "$gte"),
    "lastActiveBefore": ("lastActiveAt", "$lte"),
}
# A list without paging on the wire still has an end.
_MOST = 1000
# More people hardly have the same number.
_MOST_NAMED = 20


def user_by_id(scope: TenantScope, user_id: str) -> UserDocument:
    """Return a person of the scope, or the caller. Raises NotFound."""
    key = object_id(user_id)
    view = about(user_id, scope, USERS)
    return existing(view.find_one({"_id": key}) if key else None, "User not found")


def user_by_email(email: str) -> UserDocument | None:
    """Return the person with this address, of whatever tenant, or None."""
    return everyone().find_one({"email": email.strip().lower()})


def search_users(scope: TenantScope, query: dict[str, Any], page: PageRequest) -> tuple[list[UserDocument], int]:
    """Return a page of the scope's people that match all filters, and how many there are."""
    view, first, order = USERS.scoped(scope), _named(scope, query), _order(query)
    criteria = {**_criteria(query), **({"_id": {"$nin": [person["_id"] for person in first]}} if first else {})}
    found = page.after(first, lambda skip, limit: view.find(criteria, sort=order, skip=skip, limit=limit))
    return found, len(first) + view.count(criteria)


def _named(scope: TenantScope, query: dict[str, Any]) -> list[UserDocument]:
    """Return those whose e-mail address or phone number a search is: they come before whom its words find."""
    address, digits = address_in(query.get("search") or ""), digits_in(query.get("search") or "")
    if not address and not digits:
        return []
    key = {"email": address} if address else {"profile.phone": {"$regex": digits_pattern(str(digits))}}
    return list(USERS.scoped(scope).find({**_criteria({**query, "search": None}), **key}, limit=_MOST_NAMED))


def users_with_role(scope: TenantScope, role: str) -> list[UserDocument]:
    """Return the scope's people with this role, newest first."""
    return list(USERS.scoped(scope).find({"roles": role}, sort=[("createdAt", -1)], limit=_MOST))


def active_count(scope: TenantScope) -> int:
    """Return how many of the scope's people are active."""
    return USERS.scoped(scope).count({"status": "active"})


def people_by_ids(scope: TenantScope, ids: Iterable[Reference | None]) -> dict[str, UserDocument]:
    """Return `{_id, email, firstName, lastName}` of the users with these ids, in whatever form, by their id as text. Of
    a user who is not, or no longer, in the scope's tenant there is the id only: another tenant may not see their name."""
    keys = [key for key in (object_id(str(value)) for value in ids if value) if key]
    if not keys:
        return {}
    shown = {"email": 1, "firstName": 1, "lastName": 1, "tenantId": 1}
    found = everyone().find({"_id": {"$in": keys}}, shown)
    return {str(person["_id"]): _as_seen(scope, person) for person in found}


def _as_seen(scope: TenantScope, person: UserDocument) -> UserDocument:
    key, tenant_id = str(person["_id"]), text_id(person.pop("tenantId", None))
    near = scope.everywhere or key == scope.actor_id or (tenant_id is not None and tenant_id == scope.tenant_id)
    return person if near else {"_id": person["_id"]}


def _criteria(query: dict[str, Any]) -> Document:
    criteria: Document = {}
    if query.get("search"):
        pattern = _contains(query["search"])
        criteria["$or"] = [{field: pattern} for field in _SEARCHED]
    for name, field in (("status", "status"), ("role", "roles")):
        if query.get(name):
            criteria[field] = query[name]
    for name in ("company", "position"):
        if query.get(name):
            criteria[f"profile.{name}"] = _contains(query[name])
    if query.get("tags"):
        criteria["tags"] = {"$in": [tag.strip() for tag in query["tags"].split(",") if tag.strip()]}
    for name, (field, operator) in _RANGES.items():
        if query.get(name):
            criteria.setdefault(field, {})[operator] = query[name]
    return criteria


def _contains(text: str) -> Document:
    return {"$regex": re.escape(text), "$options": "i"}


def _order(query: Mapping[str, object]) -> Sort:
    field = query.get("sortBy") if query.get("sortBy") in _SORTABLE else "createdAt"
    return [(str(field), 1 if query.get("sortOrder") == "asc" else -1)]
