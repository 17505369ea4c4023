"""Reads of the activity log and the status history."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from core.api.pagination import PageRequest
from core.documents.bypasses import about
from core.documents.collection import Filter, ScopedDocuments, Sort, T, now
from core.documents.database import Document
from core.documents.ids import either_form
from core.documents.scope import TenantScope
from core.errors import BadRequest
from services.users.accounts.documents import ActivityDocument, StatusChangeDocument, UserDocument
from services.users.accounts.models import ACTIVITIES, STATUS_HISTORY
from services.users.accounts.queries import people_by_ids
from services.users.activity import rules

People = dict[str, UserDocument]

# An export is one text inside one answer, so it has an end; its period can be chosen.
MOST_EXPORTED = 20_000
_TOO_MANY = f"Too many activities to export (at most {MOST_EXPORTED}): choose a shorter period"
_NEWEST: Sort = [("performedAt", -1)]
# How many entries of an export get their people at once.
_BATCH = 500


def activities_of(
    scope: TenantScope, user_id: str, page: PageRequest, types: Iterable[str] = ()
) -> tuple[list[ActivityDocument], int]:
    """Return a page of a person's activities, newest first, of `types` only when given; nothing for an unknown
    person."""
    view = about(user_id, scope, ACTIVITIES)
    criteria: Document = {"userId": either_form(user_id)}
    if types:
        criteria["type"] = {"$in": list(types)}
    return _page(view, criteria, [("createdAt", -1)], page)


def status_history_of(
    scope: TenantScope, user_id: str, page: PageRequest
) -> tuple[list[StatusChangeDocument], int, People]:
    """Return a page of a person's status changes, newest first, their number, and the people who made them."""
    view = about(user_id, scope, STATUS_HISTORY)
    found, total = _page(view, {"userId": either_form(user_id)}, [("changedAt", -1)], page)
    return found, total, people_of(scope, found)


def search_activities(
    scope: TenantScope, query: dict[str, Any], page: PageRequest
) -> tuple[list[ActivityDocument], int, People]:
    """Return a page of the scope's activities that match all filters, their number, and who did them."""
    found, total = _page(ACTIVITIES.scoped(scope), criteria_of(query), order_of(query), page)
    return found, total, people_of(scope, found)


def activity_statistics(scope: TenantScope, days: int) -> dict[str, Any]:
    """Return the counters of the scope's activities of the last `days` days, by one aggregation."""
    return rules.statistics(ACTIVITIES.scoped(scope).aggregate(counters_since(rules.days_before(now(), days))))


def exported_activities(scope: TenantScope, query: dict[str, Any]) -> Iterator[tuple[ActivityDocument, People]]:
    """Yield the scope's activities that match, newest first, each with the people who acted; read in batches.

    Raises BadRequest before the first one when they are more than MOST_EXPORTED."""
    view, criteria = ACTIVITIES.scoped(scope), criteria_of(query)
    if view.count(criteria, limit=MOST_EXPORTED + 1) > MOST_EXPORTED:
        raise BadRequest(_TOO_MANY)
    found, known = iter(view.find(criteria, sort=_NEWEST, limit=MOST_EXPORTED)), People()
    while batch := list(islice(found, _BATCH)):
        known |= people_of(scope, batch, known)
        yield from ((entry, known) for entry in batch)


def people_of(
    scope: TenantScope, entries: Iterable[ActivityDocument | StatusChangeDocument], known: People | None = None
) -> People:
    """Return the people who did `entries`, by id, with the names that are shown; those already `known` are left out.

    One statement, or none when there is no user to look up."""
    wanted = {str(entry["performedBy"]) for entry in entries if entry.get("performedBy")}
    return people_by_ids(scope, wanted - (known or {}).keys())


def criteria_of(query: dict[str, Any]) -> Document:
    """Return the filter that a checked search or export asks for."""
    criteria: Document = {name: query[name] for name in ("type", "severity") if query.get(name)}
    if query.get("userId"):
        criteria["userId"] = either_form(query["userId"])
    for name, operator in (("startDate", "$gte"), ("endDate", "$lte")):
        if query.get(name):
            criteria.setdefault("performedAt", {})[operator] = query[name]
    if query.get("search"):
        words = {"$regex": re.escape(query["search"]), "$options": "i"}
        criteria["$or"] = [{field: words} for field in rules.SEARCHED]
    return criteria


def order_of(query: Mapping[str, object]) -> Sort:
    """Return the order that a checked search asks for; an unknown one is by performedAt."""
    field = query.get("sortBy") if query.get("sortBy") in rules.SORTABLE else "performedAt"
    # Anything but desc was ascending in the old system.
    return [(str(field), -1 if query.get("sortOrder") == "desc" else 1)]


def counters_since(moment: datetime) -> list[Document]:
    """Return the pipeline that counts activities since `moment` by type, severity and UTC day."""
    day = {"$dateToString": {"format": "%Y-%m-%d", "date": "$performedAt"}}
    key = {"type": "$type", "severity": "$severity", "day": day}
    return [{"$match": {"performedAt": {"$gte": moment}}}, {"$group": {"_id": key, "count": {"$sum": 1}}}]


def _page(view: ScopedDocuments[T], criteria: Filter, order: Sort, page: PageRequest) -> tuple[list[T], int]:
    return list(view.find(criteria, sort=order, skip=page.skip, limit=page.limit)), view.count(criteria)
