"""How accounts and tokens look on the wire."""

from typing import Any

from core.identity.principals import Principal
from services.auth.directory.documents import PersonDocument

Wire = dict[str, Any]


def account_user(person: PersonDocument) -> Wire:
    """Return AccountUser: the account as given to its owner (contract/auth.yaml)."""
    roles = list(person.get("roles") or ["user"])
    first, last = person.get("firstName") or "", person.get("lastName") or ""
    account = {
        "_id": person["_id"],
        "id": person["_id"],
        "email": person["email"],
        "firstName": first,
        "lastName": last,
        "fullName": f"{first} {last}".strip(),
        "picture": person.get("picture"),
        "role": roles[0],
        "roles": roles,
        "status": person.get("status", "active"),
        "tenantId": person.get("tenantId"),
        "isEmailVerified": bool(person.get("emailVerifiedAt")),
        "mfaEnabled": bool(person.get("mfaEnabled")),
        "permissions": person.get("permissions") or [],
        "createdAt": person.get("createdAt"),
        "updatedAt": person.get("updatedAt"),
    }
    return present(account)


def token_user(principal: Principal) -> Wire:
    """Return TokenUser: the identity that the token holds, with the roles that hold now."""
    user = {
        "id": principal.user_id,
        "email": principal.email,
        "tenantId": principal.tenant_id,
        "roles": list(principal.roles),
    }
    return present(user)


def person_of(principal: Principal) -> PersonDocument:
    """Return what a token says of a user whom the directory does not know."""
    return {
        "_id": principal.user_id,
        "email": principal.email,
        "firstName": principal.claims.get("firstName", ""),
        "lastName": principal.claims.get("lastName", ""),
        "roles": list(principal.roles),
        "status": principal.status,
        "tenantId": principal.tenant_id,
    }


def present(wire: Wire) -> Wire:
    """Return `wire` without unset members: the contract leaves them out (auth-rules §1)."""
    return {name: value for name, value in wire.items() if value is not None}
