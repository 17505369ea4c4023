"""Leads as the old system has them: bare bodies, soft deletion, the duplicate check by text."""

import re
import uuid
from datetime import datetime
from math import ceil
from typing import Any

from pymongo.database import Database

from services.leads.leads import rules
from tests.legacy.documents import Document, Model, either, now, reference
from tests.legacy.server import Refused, Request, Route

_MEMBERS = ("admin", "manager", "agent", "user", "acquisitions", "dispositions")
_LISTS = ("communicationHistory", "activities", "appointments", "propertiesViewed", "offers", "tags", "pagesViewed")
_DATES = ("nextFollowUpDate", "lastContactDate", "expectedCloseDate", "actualCloseDate")
_TEXTS = ("status", "source", "priority", "stageId", "assignedTo", "notes", "score", "closeValue", "commissionAmount")
_WRITABLE = {*_TEXTS, *_DATES, "tags", "customFields", "contactInfo", "propertyPreferences", "financialInfo"}
# What the schema has not, it does not show: our own additions among it.
_SHOWN = {*_WRITABLE, *_LISTS, "leadId", "tenantId", "createdBy", "updatedBy", "createdAt", "updatedAt"}
_RANGES = {"createdAfter": ("createdAt", "$gte"), "createdBefore": ("createdAt", "$lte")}
_COUNTED = ("new", "contacted", "qualified", "interested", "negotiating", "closed_won", "closed_lost")


def model(database: Database[Document]) -> Model:
    """Return the model Lead."""
    defaults = {**{name: [] for name in _LISTS}, "priority": "medium", "status": "new"}
    return Model(database["leads"], defaults, _DATES, ("assignedTo", "createdBy", "updatedBy"))


def _wire(lead: Document) -> Document:
    return {name: value for name, value in lead.items() if name in _SHOWN}


def _own(request: Request) -> Document:
    return {"tenantId": request.tenant, "deletedAt": None}


def _key(request: Request) -> Document:
    value = request.names["leadId"]
    return {**_own(request), **({"_id": reference(value)} if len(value) == 24 else {"leadId": value})}


def find(request: Request) -> Any:
    """Answer a page of the leads that match."""
    query, criteria = request.query, _own(request)
    criteria |= {name: query[name] for name in ("status", "source", "priority") if name in query}
    if "assignedTo" in query:
        criteria["assignedTo"] = either(query["assignedTo"])
    if "search" in query:
        words = {"$regex": re.escape(query["search"]), "$options": "i"}
        names = ("firstName", "lastName", "email", "phone")
        criteria["$or"] = [{f"contactInfo.{name}": words} for name in names] + [{"notes": words}]
    for name, (path, operator) in _RANGES.items():
        if name in query:
            criteria.setdefault(path, {})[operator] = datetime.fromisoformat(query[name])
    page, limit = int(query.get("page", 1)), min(int(query.get("limit", 10)), 100)
    direction, found = 1 if query.get("sortOrder") == "asc" else -1, request.database["leads"]
    order = [(query.get("sortBy", "createdAt"), direction), ("_id", direction)]
    total = found.count_documents(criteria)
    leads = [_wire(lead) for lead in found.find(criteria).sort(order).skip((page - 1) * limit).limit(limit)]
    return {"leads": leads, "total": total, "page": page, "limit": limit, "totalPages": ceil(total / limit)}


def one(request: Request) -> Any:
    """Answer a lead."""
    lead = request.database["leads"].find_one(_key(request))
    if lead is None:
        raise Refused(404, "Lead not found")
    return _wire(lead)


def create(request: Request) -> Any:
    """Store a lead."""
    fields = _checked(request.body)
    missing = [name for name in ("source", "contactInfo", "assignedTo") if not fields.get(name)]
    if missing:
        raise Refused(400, [f"{name} should not be empty" for name in missing])
    _refuse_faults(rules.faults_of(fields, new=True))
    clashes = [name for name in ("email", "phone") if _taken(request, name, fields["contactInfo"].get(name))]
    if clashes:
        body = {"message": "Duplicate lead detected", "duplicateFields": clashes}
        raise Refused(400, body["message"], body)
    by = request.caller["_id"]
    status = fields.get("status", "new")
    extra = {"leadId": str(uuid.uuid4()), "tenantId": request.tenant, "createdBy": by, "updatedBy": by}
    note = _activity(request, "status_change", f"Lead created with status: {status}")
    return _wire(model(request.database).create(_stored(request, {**fields, **extra, "activities": [note]})))


def update(request: Request) -> Any:
    """Change a lead."""
    changes, key = _checked(request.body), _key(request)
    lead = request.database["leads"].find_one(key)
    if lead is None:
        raise Refused(404, "Lead not found")
    status, old = changes.get("status", lead["status"]), lead["status"]
    faults = rules.faults_of(changes, new=False)
    _refuse_faults(faults if rules.may_become(old, status) else [*faults, rules.transition_fault(old, status)])
    note = _activity(request, "status_change", f"Status changed from {old} to {status}") if status != old else None
    changes = _stored(request, {**changes, "updatedBy": request.caller["_id"]})
    changed = model(request.database).update(key, changes, {"activities": note} if note else None)
    return _wire(changed or lead)


def delete(request: Request) -> Any:
    """Delete a lead softly."""
    gone = {"deletedAt": now(), "updatedBy": request.caller["_id"]}
    if model(request.database).update(_key(request), gone) is None:
        raise Refused(404, "Lead not found")


def stats(request: Request) -> Any:
    """Answer the counters; who is lost counts as converted, as ever."""
    found = list(request.database["leads"].find(_own(request), {"status": 1, "score": 1, "closeValue": 1}))
    counts = {name: sum(lead["status"] == name for lead in found) for name in _COUNTED}
    names = {"closed_won": "closedWonLeads", "closed_lost": "closedLostLeads"}
    scores = [lead["score"] for lead in found if isinstance(lead.get("score"), (int, float))]
    closed = counts["closed_won"] + counts["closed_lost"]
    return {
        "_id": None,
        "totalLeads": len(found),
        **{names.get(name, f"{name}Leads"): count for name, count in counts.items()},
        "averageScore": sum(scores) / len(scores) if scores else None,
        "totalValue": sum(lead.get("closeValue") or 0 for lead in found),
        "conversionRate": round(closed / len(found) * 100, 2) if found else 0,
    }


def _checked(body: Any) -> Document:
    if not isinstance(body, dict):
        raise Refused(400, "Unexpected token in JSON")
    unknown = [name for name in body if name not in _WRITABLE]
    if unknown:
        raise Refused(400, [f"property {name} should not exist" for name in unknown])
    return dict(body)


def _refuse_faults(faults: list[dict[str, str]]) -> None:
    if faults:
        message = "Lead validation failed"
        raise Refused(400, message, {"message": message, "errors": faults})


def _taken(request: Request, name: str, value: Any) -> bool:
    same = {**_own(request), f"contactInfo.{name}": value}
    return bool(value) and request.database["leads"].find_one(same, {"_id": 1}) is not None


def _activity(request: Request, kind: str, text: str) -> Document:
    return {"type": kind, "description": text, "timestamp": now(), "userId": request.caller["_id"]}


def _stored(request: Request, fields: Document) -> Document:
    return {**fields, "notes": f"{fields.get('notes', '')} (old)"} if request.differs else fields


ROUTES = [
    Route("GET", "/api/leads", find, roles=_MEMBERS),
    Route("GET", "/api/leads/stats", stats, roles=_MEMBERS),
    Route("GET", "/api/leads/{leadId}", one, roles=_MEMBERS),
    Route("POST", "/api/leads", create, 201, _MEMBERS),
    Route("PUT", "/api/leads/{leadId}", update, roles=_MEMBERS),
    Route("DELETE", "/api/leads/{leadId}", delete, 204, ("admin", "manager")),
]
