"""Use cases of tenants: create, change, activate, suspend, delete, people in and out."""

import uuid
from collections.abc import Mapping

from bson import ObjectId

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id, text_id
from core.documents.scope import TenantScope
from core.documents.transactions import on_commit, transactional
from core.documents.uniqueness import unique_or
from core.errors import OUTSIDER, BadRequest, Conflict, Forbidden, NotFound
from core.events.outbox import record
from core.events.payloads import TenantSnapshot
from core.identity.access import apply_tenant
from core.identity.principals import Principal
from core.worker.jobs import enqueue
from services.users.accounts.actions import account_of, adopt_account, join_tenant, leave_tenant
from services.users.accounts.authority import LISTED, Act
from services.users.accounts.documents import TenantDocument
from services.users.accounts.models import TENANTS, USERS
from services.users.accounts.standing import acting, require, standing_of, thing_of
from services.users.invitations.actions import redeem
from services.users.roles.granting import end_assignments
from services.users.tenants import rules
from services.users.tenants.queries import tenant_by_uuid
from services.users.tenants.tasks import free_people

_TAKEN = "Tenant with this subdomain or name already exists"


@transactional("users")
def create_tenant(principal: Principal, fields: TenantDocument) -> TenantDocument:
    """Create a tenant, pending, owned by the caller. A caller without tenant becomes its administrator, once.

    Raises BadRequest for a bad subdomain, Conflict for a taken name, Forbidden for a member of another tenant."""
    if _taken({"$or": [{"name": fields["name"]}, {"subdomain": fields["subdomain"]}]}):
        raise Conflict(_TAKEN)
    if not rules.is_subdomain(fields["subdomain"]):
        raise BadRequest("Invalid subdomain format")
    plan, owner = fields.get("plan", "basic"), object_id(principal.user_id)
    people, leads, storage = rules.LIMITS[plan]
    tenant = _inserted(
        {
            **fields,
            "tenantId": str(uuid.uuid4()),
            "status": "pending",
            "plan": plan,
            "settings": rules.complete_settings(fields["name"], fields.get("settings")),
            "ownerId": owner,
            "adminIds": [],
            "memberIds": [],
            "maxUsers": people,
            "maxLeads": leads,
            "maxStorage": storage,
            "createdBy": owner,
        }
    )
    if not acting(principal).is_operator:
        _settle_owner(principal, tenant["_id"])
    return tenant


@transactional("users")
def put_tenant(fields: TenantDocument) -> TenantDocument:
    """Create or overwrite a tenant by id: for commands, not for requests."""
    key = ObjectId(fields["_id"])
    plan = fields.get("plan", "basic")
    people, leads, storage = rules.LIMITS[plan]
    stored: TenantDocument = {**fields, "ownerId": object_id(fields.get("ownerId")), "plan": plan}
    del stored["_id"]
    if TENANTS.exists({"_id": key}):
        return _changed(key, stored)
    empty: TenantDocument = {
        "maxUsers": people,
        "maxLeads": leads,
        "maxStorage": storage,
        "adminIds": [],
        "memberIds": [],
    }
    settings = rules.complete_settings(fields["name"], fields.get("settings"))
    return _inserted({**empty, **stored, "_id": key, "settings": settings, "createdBy": stored["ownerId"]})


@transactional("users")
def update_tenant(principal: Principal, uuid_: str, changes: TenantDocument) -> TenantDocument:
    """Change a tenant; only its owner, its administrators and operators may. Raises NotFound, Forbidden, Conflict."""
    tenant = tenant_by_uuid(principal, uuid_)
    require(principal, Act.CHANGE_TENANT, thing_of(tenant["_id"]))
    others: Document = {"_id": {"$ne": tenant["_id"]}}
    if "subdomain" in changes and changes["subdomain"] != tenant["subdomain"]:
        if _taken({**others, "subdomain": changes["subdomain"]}):
            raise Conflict("Subdomain already in use")
        if not rules.is_subdomain(changes["subdomain"]):
            raise BadRequest("Invalid subdomain format")
    if "name" in changes and _taken({**others, "name": changes["name"]}):
        raise Conflict(_TAKEN)
    if "status" in changes and changes["status"] != tenant["status"]:
        require(principal, Act.RUN_TENANT, thing_of(tenant["_id"]))
    return _changed(tenant["_id"], {**changes, "updatedBy": object_id(principal.user_id)})


@transactional("users")
def set_tenant_status(principal: Principal, uuid_: str, status: str) -> TenantDocument:
    """Activate or suspend a tenant. Raises NotFound; Forbidden for others than operators; BadRequest when it is so
    already."""
    tenant = tenant_by_uuid(principal, uuid_)
    require(principal, Act.RUN_TENANT, thing_of(tenant["_id"]))
    if tenant["status"] == status:
        raise BadRequest(f"Tenant is already {status}")
    return _changed(tenant["_id"], {"status": status, "updatedBy": object_id(principal.user_id)})


@transactional("users")
def delete_tenant(principal: Principal, uuid_: str) -> None:
    """Delete a tenant softly; its users leave it within seconds (`tasks.py`). Raises NotFound, Forbidden for others than
    its owner and operators."""
    tenant = tenant_by_uuid(principal, uuid_)
    require(principal, Act.DELETE_TENANT, thing_of(tenant["_id"]))
    _changed(tenant["_id"], {"deletedAt": now()}, event="tenant.deleted")
    on_commit(lambda: enqueue(free_people))


@transactional("users")
def add_user(principal: Principal, uuid_: str, user_id: str, role: str) -> None:
    """List a user of a tenant as its member or administrator. It moves no users: those of other tenants join by an
    invitation. Raises NotFound, Forbidden."""
    tenant = tenant_by_uuid(principal, uuid_)
    require(principal, Act.LIST, thing_of(tenant["_id"]))
    key = object_id(user_id)
    if key is None:
        raise NotFound("User not found")
    person = USERS.scoped(TenantScope(str(tenant["_id"]))).find_one({"_id": key})
    if person is None:
        raise Forbidden(OUTSIDER)
    listed = "adminIds" if role == "admin" else "memberIds"
    require(principal, Act.LIST, standing_of(person), LISTED if role == "admin" else ())
    _published(TENANTS.update_and_get({"_id": tenant["_id"]}, {"$addToSet": {listed: key}}))


@transactional("users")
def join_by_invitation(principal: Principal, uuid_: str, token: str) -> None:
    """Let the caller, who has no tenant, join the one whose invitation they were mailed, with its roles. Raises NotFound,
    BadRequest for an invalid token, Forbidden for a member of a tenant or an operator."""
    tenant = tenant_by_uuid(None, uuid_)
    invitation = redeem(token, tenant["_id"], principal)
    join_tenant(principal, tenant["_id"], list(invitation.get("roles") or ["user"]))


@transactional("users")
def remove_user(principal: Principal, uuid_: str, user_id: str) -> None:
    """Remove a user, or the caller, from a tenant: from its lists, and with all rights in it. Can be repeated, and works for
    a user who is only on a list. Raises NotFound; Forbidden for the owner, the last administrator and users whom the caller
    may not change."""
    tenant = tenant_by_uuid(principal, uuid_)
    key = object_id(user_id)
    person = USERS.scoped(TenantScope(str(tenant["_id"]))).find_one({"_id": key}) if key else None
    if person is None or user_id != principal.user_id:
        require(principal, Act.REMOVE, thing_of(tenant["_id"]))
    if key is not None and key == object_id(text_id(tenant.get("ownerId"))):
        raise Forbidden("Insufficient permissions to manage tenant users")
    if person is not None:
        how = "Left" if user_id == principal.user_id else "Removed from"
        leave_tenant(principal, person, f"{how} tenant {tenant['name']}")
        end_assignments(person, actor_id=principal.user_id)
    forms = [form for form in (key, user_id) if form is not None]
    gone = {"$pull": {"adminIds": {"$in": forms}, "memberIds": {"$in": forms}}}
    _published(TENANTS.update_and_get({"_id": tenant["_id"]}, gone))


def _settle_owner(principal: Principal, tenant_id: ObjectId) -> None:
    """Move the creator into the new tenant as its administrator."""
    adopt_account(account_of(principal))
    join_tenant(principal, tenant_id, ["admin"], founding=True)


def _taken(criteria: Mapping[str, object]) -> bool:
    # Names of deleted tenants stay blocked, as the unique indexes have it.
    return TENANTS.with_deleted().exists(criteria)


@unique_or(Conflict, _TAKEN)
def _inserted(document: TenantDocument) -> TenantDocument:
    return _published(TENANTS.insert_one(document), event="tenant.created")


@unique_or(Conflict, _TAKEN)
def _changed(key: ObjectId, changes: TenantDocument, *, event: str = "tenant.updated") -> TenantDocument:
    return _published(TENANTS.update_and_get({"_id": key}, sets=changes), event=event)


def _published(tenant: TenantDocument | None, *, event: str = "tenant.updated") -> TenantDocument:
    if tenant is None:
        raise NotFound("Tenant not found")
    publish_tenant(tenant, event=event)
    return tenant


def publish_tenant(tenant: TenantDocument, *, event: str) -> None:
    """Record `event` (tenant.created, updated or deleted) about a tenant."""
    tenant_id = str(tenant["_id"])
    payload, version = snapshot(tenant), tenant["rev"]
    record(event, payload, entity_id=tenant_id, version=version, tenant_id=tenant_id)
    # Here it holds at once; the other services follow with the event.
    apply_tenant("users", payload.members(), version)


def snapshot(tenant: TenantDocument) -> TenantSnapshot:
    """Return the event payload of a tenant."""
    return TenantSnapshot(
        tenant_id=str(tenant["_id"]),
        uuid=tenant["tenantId"],
        name=tenant["name"],
        subdomain=tenant["subdomain"],
        status=tenant["status"],
        owner_id=text_id(tenant.get("ownerId")),
        admin_ids=[str(person) for person in tenant.get("adminIds", [])],
        deleted=tenant.get("deletedAt") is not None,
    )
