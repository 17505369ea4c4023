"""Reads of the directory."""

from collections.abc import Iterable

from core.documents.scope import TenantScope
from services.leads.directory.models import PEOPLE

_SYSTEM = TenantScope.system("the ids come from documents that the caller may see")


def names_of(user_ids: Iterable[str]) -> dict[str, str]:
    """Return the names of the people that the directory knows, by id."""
    found = PEOPLE.scoped(_SYSTEM).find({"_id": {"$in": list(user_ids)}}, {"name": 1})
    return {person["_id"]: person["name"] for person in found}
