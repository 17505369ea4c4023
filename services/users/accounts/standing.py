"""What `authority` decides on, read from the documents as they are now, inside the running transaction."""

from collections.abc import Iterable
from typing import cast

from bson import ObjectId

from core.documents.ids import object_id, text_id
from core.documents.shapes import Reference
from core.errors import Forbidden
from core.identity.principals import Principal
from services.users.accounts import authority
from services.users.accounts.authority import Act, Standing
from services.users.accounts.bypasses import everyone
from services.users.accounts.documents import TenantDocument, UserDocument
from services.users.accounts.models import TENANTS


def require(actor: Principal, act: Act, target: Standing, given: Iterable[str] = ()) -> None:
    """Return when `actor` may do `act` to `target`, as of the documents now. Raises Forbidden, in the contract's words."""
    demand(acting(actor), act, target, given)


def demand(actor: Standing, act: Act, target: Standing, given: Iterable[str] = ()) -> None:
    """As `require`, for a standing that was read already."""
    refused = authority.refusal(actor, act, target, given)
    if refused is not None:
        raise Forbidden(refused)


def acting(principal: Principal) -> Standing:
    """Return the caller's standing: by the document, which is newer than any token; by the token as long as there is none,
    or for members that the old system left out of it."""
    key = object_id(principal.user_id)
    person = everyone().find_one({"_id": key}) if key else None
    return standing_of({**_as_the_token_says(principal), **(person or {})})


def standing_of(person: UserDocument) -> Standing:
    """Return a person's standing."""
    return authority.standing(person, tenant_of(person.get("tenantId")))


def thing_of(tenant_id: Reference | None, rights: Iterable[str] = ()) -> Standing:
    """Return the standing of something of a tenant that gives `rights`."""
    return authority.thing(tenant_of(tenant_id), text_id(tenant_id), rights)


def tenant_of(tenant_id: Reference | None) -> TenantDocument | None:
    """Return a tenant's document by its id, a deleted one too, or None."""
    key = object_id(text_id(tenant_id))
    return TENANTS.with_deleted().find_one({"_id": key}) if key else None


def _as_the_token_says(principal: Principal) -> UserDocument:
    return {
        # As text: the id of a test identity is no ObjectId.
        "_id": cast(ObjectId, principal.user_id),
        "roles": list(principal.roles),
        "permissions": list(principal.extra_permissions),
        "tenantId": principal.tenant_id,
        "status": principal.status,
    }
