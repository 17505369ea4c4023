"""Reads of the directory: who belongs to a tenant, and what they are called."""

from collections.abc import Iterable

from core.documents.ids import object_id, uuid_text
from core.documents.scope import TenantScope
from core.documents.shapes import Reference
from services.leads.directory.models import PEOPLE

# What an id of a person must be wherever one is taken, as the validators word it: `assignedTo must be ...`.
MEMBER = "a member of this tenant who is not suspended or inactive"
_AWAY = ("suspended", "inactive")


def names_of(scope: TenantScope, user_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of the scope's users among these, by id; those of other tenants are left out."""
    found = PEOPLE.scoped(scope).find({"_id": {"$in": list(user_ids)}}, {"name": 1})
    return {person["_id"]: person["name"] for person in found}


def strangers(scope: TenantScope, user_ids: Iterable[Reference | None]) -> set[Reference | None]:
    """Return those of these users to whom nothing can be assigned: who do not belong to the tenant, as far as the directory
    knows, or are suspended or inactive. The caller is known by their token, even before the directory knows them."""
    keys = {text: str(object_id(text) or uuid_text(text) or text) for text in user_ids}
    asked = set(keys.values()) - {scope.actor_id}
    if asked:
        here = {"_id": {"$in": sorted(asked)}, "status": {"$nin": list(_AWAY)}}
        asked -= {person["_id"] for person in PEOPLE.scoped(scope).find(here, {"_id": 1})}
    return {text for text, key in keys.items() if key in asked}
