"""Reads of invitations."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from core.api.pagination import PageRequest
from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.scope import TenantScope
from core.errors import existing
from services.users.accounts.queries import people_by_ids
from services.users.invitations.documents import InvitationDocument
from services.users.invitations.models import INVITATIONS


def invitation_by_id(scope: TenantScope, invitation_id: str) -> InvitationDocument:
    """Return an invitation of the scope. Raises NotFound."""
    key = object_id(invitation_id)
    return existing(INVITATIONS.scoped(scope).find_one({"_id": key}) if key else None, "Invitation not found")


def list_invitations(scope: TenantScope, query: dict[str, Any], page: PageRequest) -> tuple[list[Document], int]:
    """Return a page, newest first, with who invited as `{_id, email, firstName, lastName}`, and how many there are."""
    criteria: Document = {}
    if query.get("status"):
        criteria["status"] = query["status"]
    if query.get("email"):
        criteria["email"] = {"$regex": re.escape(query["email"].lower())}
    view = INVITATIONS.scoped(scope)
    found = list(view.find(criteria, sort=[("createdAt", -1)], skip=page.skip, limit=page.limit))
    return _with_inviters(scope, found), view.count(criteria)


def statistics(scope: TenantScope) -> dict[str, int]:
    """Return `{total, pending, accepted, expired, cancelled}`; as in the old system, everyone past their end counts
    as expired too (users-rules §9)."""
    late = {"$lte": ["$expiresAt", now()]}
    pending = {"$eq": ["$status", "pending"]}
    sums: dict[str, Any] = {
        "total": {"$sum": 1},
        "pending": _count({"$and": [pending, {"$not": [late]}]}),
        "expired": _count({"$or": [{"$eq": ["$status", "expired"]}, late]}),
        "accepted": _count({"$eq": ["$status", "accepted"]}),
        "cancelled": _count({"$eq": ["$status", "cancelled"]}),
    }
    found = next(INVITATIONS.scoped(scope).aggregate([{"$group": {"_id": None, **sums}}]), {})
    return {name: int(found.get(name, 0)) for name in sums}


def _count(condition: Mapping[str, object]) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _with_inviters(scope: TenantScope, found: Iterable[InvitationDocument]) -> list[Document]:
    invitations = list(found)
    people = people_by_ids(scope, {invitation.get("invitedBy") for invitation in invitations})
    return [{**one, "invitedBy": people.get(str(one.get("invitedBy")))} for one in invitations]
