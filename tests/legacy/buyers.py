"""Writes of buyers as the old system has them: its defaults, no check for duplicates but by text, soft deletion."""

from typing import Any

from services.buyers.buyers import rules
from tests.legacy.documents import Document, Model, now, reference
from tests.legacy.others import shown_buyer
from tests.legacy.server import Refused, Request, Route

_EDITORS, _DELETERS = ("admin", "manager"), ("admin",)
_NEEDED = ("companyName", "contactName", "email", "phone")


def _model(request: Request) -> Model:
    return Model(request.database["buyers"], references=("createdBy", "updatedBy"))


def _key(request: Request) -> Document:
    return {"_id": reference(request.names["id"]), "tenantId": request.tenant, "deletedAt": None}


def create(request: Request) -> Any:
    """Store a buyer."""
    missing = [name for name in _NEEDED if not request.body.get(name)]
    if missing:
        raise Refused(400, [f"{name} should not be empty" for name in missing])
    same = {"tenantId": request.tenant, "deletedAt": None, "email": request.body["email"]}
    if request.database["buyers"].find_one(same, {"_id": 1}):
        raise Refused(409, "Buyer with this email already exists")
    by = request.caller["_id"]
    fields: Document = {
        **rules.with_defaults(request.body),
        "tenantId": request.tenant,
        "createdBy": by,
        "updatedBy": by,
    }
    return shown_buyer(_model(request).create(_stored(request, fields)))


def update(request: Request) -> Any:
    """Change the sent members of a buyer."""
    changed = _model(request).update(
        _key(request), _stored(request, {**request.body, "updatedBy": request.caller["_id"]})
    )
    if changed is None:
        raise Refused(404, "Buyer not found")
    return shown_buyer(changed)


def delete(request: Request) -> Any:
    """Delete a buyer softly."""
    gone = {"deletedAt": now(), "isActive": False, "updatedBy": request.caller["_id"]}
    if _model(request).update(_key(request), gone) is None:
        raise Refused(404, "Buyer not found")


def _stored(request: Request, fields: Document) -> Document:
    return {**fields, "notes": f"{fields.get('notes', '')} (old)"} if request.differs else fields


ROUTES = [
    Route("POST", "/api/buyers", create, 201, _EDITORS),
    Route("PUT", "/api/buyers/{id}", update, roles=_EDITORS),
    Route("DELETE", "/api/buyers/{id}", delete, 204, _DELETERS),
]
