"""Logging in, people and buyers as the old system has them."""

import time
import uuid
from math import ceil
from typing import Any

import bcrypt
import jwt

from tests.legacy.documents import Document, either, now, reference
from tests.legacy.server import Refused, Request, Route

_ACCESS_SECONDS, _REFRESH_SECONDS = 86_400, 7 * 86_400
_USER = (
    "_id",
    "email",
    "firstName",
    "lastName",
    "picture",
    "status",
    "roles",
    "tenantId",
    "lastLoginAt",
    "lastActiveAt",
)
_BUYER = ("companyName", "contactName", "email", "phone", "address", "city", "state", "zipCode", "notes")


def log_in(request: Request) -> Any:
    """Answer tokens for an address and a password (bcrypt, `users.password`)."""
    email, password = str(request.body.get("email", "")).lower(), str(request.body.get("password", ""))
    person = request.database["users"].find_one({"email": email})
    stored = (person or {}).get("password")
    if not person or not stored or not bcrypt.checkpw(password.encode()[:72], stored.encode()):
        raise Refused(401, "Invalid credentials")
    if person.get("status") != "active":
        raise Refused(401, "Account is not active")
    request.database["users"].update_one({"_id": person["_id"]}, {"$set": {"lastLoginAt": now()}})
    return _tokens(request, person)


def refresh(request: Request) -> Any:
    """Answer new tokens for a refresh token of this side, or for an unexpired access token in the header."""
    given = request.body.get("refreshToken") if isinstance(request.body, dict) else None
    request.token = given or request.token
    if not request.token:
        raise Refused(401, "No token provided")
    try:
        claims = request.claims()
    except Refused:
        raise Refused(401, "Invalid refresh token") from None
    person = request.database["users"].find_one({"_id": reference(claims["sub"])})
    if not person or person.get("status") != "active":
        raise Refused(401, "Invalid refresh token")
    tokens = _tokens(request, person)
    data = {"token": tokens["accessToken"], "expiresIn": _ACCESS_SECONDS}
    return {"success": True, "message": "Token refreshed successfully", "data": data, **tokens}


def _tokens(request: Request, person: Document) -> Document:
    moment = int(time.time())
    claims: Document = {"sub": str(person["_id"]), "email": person["email"], "roles": person.get("roles", ["user"])}
    claims |= {"status": person.get("status", "active"), "iat": moment}
    if person.get("tenantId"):
        claims["tenantId"] = str(person["tenantId"])
    access = jwt.encode({**claims, "exp": moment + _ACCESS_SECONDS}, request.secret, algorithm="HS256")
    renewing = {**claims, "type": "refresh", "jti": uuid.uuid4().hex, "exp": moment + _REFRESH_SECONDS}
    return {
        "user": _account(person),
        "accessToken": access,
        "refreshToken": jwt.encode(renewing, request.secret, algorithm="HS256"),
        "expiresIn": _ACCESS_SECONDS,
        "token": access,
    }


def _account(person: Document) -> Document:
    shown = {name: person[name] for name in ("email", "firstName", "lastName", "roles", "status") if name in person}
    named = f"{person.get('firstName', '')} {person.get('lastName', '')}".strip()
    wire = {"_id": person["_id"], "id": person["_id"], **shown, "fullName": named, "role": person["roles"][0]}
    tenant = {"tenantId": person["tenantId"]} if person.get("tenantId") else {}
    flags = {"isEmailVerified": bool(person.get("emailVerifiedAt")), "mfaEnabled": False, "permissions": []}
    return {**wire, **tenant, **flags, "createdAt": person.get("createdAt"), "updatedAt": person.get("updatedAt")}


def _user(person: Document) -> Document:
    wire = {name: person[name] for name in _USER if person.get(name) is not None}
    named = f"{person.get('firstName', '')} {person.get('lastName', '')}"
    lists = {"permissions": person.get("permissions", []), "tags": person.get("tags", [])}
    return {**wire, **lists, "__v": person.get("__v", 0), "createdAt": person.get("createdAt"),
            "updatedAt": person.get("updatedAt"), "fullName": named, "id": person["_id"]}  # fmt: skip


def me(request: Request) -> Any:
    """Answer the caller's own document."""
    return _enveloped("User profile retrieved successfully", {"user": _user(request.caller)})


def people(request: Request) -> Any:
    """Answer a page of the tenant's people."""
    page, limit = int(request.query.get("page", 1)), min(int(request.query.get("limit", 10)), 100)
    criteria: Document = {"tenantId": either(request.tenant)}
    criteria |= {
        path: request.query[name] for name, path in (("status", "status"), ("role", "roles")) if name in request.query
    }
    total = request.database["users"].count_documents(criteria)
    found = request.database["users"].find(criteria).sort("createdAt", -1).skip((page - 1) * limit).limit(limit)
    pagination = {"page": page, "limit": limit, "total": total, "pages": ceil(total / limit)}
    data = {"users": [_user(person) for person in found], "pagination": pagination}
    return _enveloped("Users retrieved successfully", data)


def _enveloped(message: str, data: Document) -> Document:
    return {"success": True, "message": message, "data": data}


def shown_buyer(buyer: Document) -> Document:
    """Return a buyer as answers show it."""
    texts = {name: buyer.get(name) or "" for name in _BUYER}
    box = {"buyBox": buyer["buyBox"]} if buyer.get("buyBox") else {}
    return {
        "id": buyer["_id"],
        "_id": buyer["_id"],
        "tenantId": buyer["tenantId"],
        **texts,
        **box,
        "buyerType": buyer.get("buyerType") or "individual",
        "investmentRange": buyer.get("investmentRange") or "100k-250k",
        "preferredPropertyTypes": buyer.get("preferredPropertyTypes") or [],
        "isActive": buyer.get("isActive", True),
        "createdAt": buyer.get("createdAt"),
        "updatedAt": buyer.get("updatedAt"),
    }


def buyers(request: Request) -> Any:
    """Answer all buyers, or a page when one is asked for."""
    criteria: Document = {"tenantId": request.tenant, "deletedAt": None}
    criteria |= {name: request.query[name] for name in ("buyerType", "investmentRange") if name in request.query}
    found = request.database["buyers"].find(criteria).sort([("createdAt", -1), ("_id", -1)])
    if not {"page", "limit"} & request.query.keys():
        return [shown_buyer(buyer) for buyer in found]
    page, limit = int(request.query.get("page", 1)), int(request.query.get("limit", 20))
    total = request.database["buyers"].count_documents(criteria)
    shown = [shown_buyer(buyer) for buyer in found.skip((page - 1) * limit).limit(limit)]
    pages = ceil(total / limit)
    numbers = {"page": page, "limit": limit, "total": total, "total_pages": pages}
    return {"buyers": shown, "pagination": {**numbers, "has_next": page < pages, "has_prev": page > 1}}


def buyer(request: Request) -> Any:
    """Answer a buyer."""
    key = {"_id": reference(request.names["id"]), "tenantId": request.tenant, "deletedAt": None}
    found = request.database["buyers"].find_one(key)
    if found is None:
        raise Refused(404, "Buyer not found")
    return shown_buyer(found)


ROUTES = [
    Route("POST", "/api/auth/login", log_in, roles=None),
    Route("POST", "/api/auth/refresh", refresh, roles=None),
    Route("POST", "/api/auth/logout", lambda _: {"success": True, "message": "Logout successful"}),
    Route("GET", "/api/auth/me", lambda request: _account(request.caller)),
    Route("GET", "/api/users/me", me),
    Route("GET", "/api/users", people),
    Route("GET", "/api/buyers", buyers),
    Route("GET", "/api/buyers/{id}", buyer),
    Route("GET", "/api/health", lambda _: {"status": "ok", "timestamp": now()}, roles=None),
]
