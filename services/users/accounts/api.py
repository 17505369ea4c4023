"""Routes of people: the old envelope `{success, message, data}` around everything."""

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageRequest, page_of
from core.api.permissions import needs, signed_in
from core.api.views import ContractView
from core.errors import BadRequest, Forbidden
from services.users.accounts import actions, queries
from services.users.accounts.documents import UserDocument
from services.users.accounts.logbook import log_search
from services.users.accounts.rendering import user
from services.users.accounts.serializers import (
    CreateUserBody,
    ReasonBody,
    RolesBody,
    StatusBody,
    UpdateUserBody,
    UserQuery,
)

_NOT_NUMERIC = "Validation failed (numeric string is expected)"


def enveloped(message: str, data: Mapping[str, object], status: int = 200) -> Response:
    """Return `data` in the old envelope."""
    return Response({"success": True, "message": message, "data": data}, status=status)


class PagedView(ContractView):
    """A route with page and limit, refused as one sentence when they are no numbers."""

    def page(self, default_limit: int = 20) -> tuple[dict[str, Any], PageRequest]:
        """Return the checked query and the page that it asks for."""
        query = self.numeric_query("page", "limit")
        return query, page_of(query, default_limit=default_limit)

    def numeric_query(self, *names: str) -> dict[str, Any]:
        """Return the checked query. Raises BadRequest with one sentence when a member of `names` is no whole number."""
        request: Any = self.request
        for name in names:
            value = request.query.get(name)
            if value is not None and not (isinstance(value, str) and value.removeprefix("-").isdecimal()):
                raise BadRequest(_NOT_NUMERIC)
        return self.validated_query()


class Users(PagedView):
    """The tenant's people."""

    access = {"get": needs("users:read"), "post": needs("users:create")}
    queries = {"get": UserQuery}
    bodies = {"post": CreateUserBody}

    def get(self, request: Request) -> Response:
        """Answer a page of people that match all filters."""
        query, page = self.page(10)
        found, total = queries.search_users(self.scope, query, page)
        log_search(self.scope, query, len(found), total)
        data = {"users": [user(document) for document in found], "pagination": page.nested(total)}
        return enveloped("Users retrieved successfully", data)

    def post(self, request: Request) -> Response:
        """Create a person in the caller's tenant; an operator without tenant names one."""
        body = self.validated_body()
        tenant_id = body.pop("tenantId", None)
        scope = self.scope.for_tenant(tenant_id) if self.scope.everywhere and tenant_id else self.scope
        scope.require_tenant()
        created = actions.create_user(scope, body, actor=self.principal)
        return enveloped("User created successfully", {"user": user(created)}, 201)


class Me(ContractView):
    """The caller."""

    access = {"get": signed_in(), "put": signed_in()}
    bodies = {"put": UpdateUserBody}

    def get(self, request: Request) -> Response:
        """Answer the caller's own document."""
        return enveloped("User profile retrieved successfully", {"user": user(self._own())})

    def put(self, request: Request) -> Response:
        """Change the caller's own document; status, roles and permissions need the permission for them."""
        body = self.validated_body()
        self._own()
        changed = actions.update_user(self.scope, self.principal.user_id, body, actor=self.principal)
        return enveloped("User profile updated successfully", {"user": user(changed)})

    def _own(self) -> UserDocument:
        """Return the caller's document; a user who registered a moment ago gets it now, not with the event."""
        principal = self.principal
        if principal.claims.get("iss") is None or principal.tenant_id is not None:
            return queries.user_by_id(self.scope, principal.user_id)
        return actions.adopt_account(actions.account_of(principal))


class OwnProfile(Me):
    """The caller, by the other name that changing the own profile has."""

    access = {"put": signed_in()}


class UserDetail(ContractView):
    """One person."""

    access = {"get": signed_in(), "put": needs("users:update"), "delete": needs("users:delete")}
    bodies = {"put": UpdateUserBody, "delete": ReasonBody}
    statuses = {"delete": 204}

    def get(self, request: Request, id: str) -> Response:
        """Answer a person of the tenant, or oneself."""
        self_or_reader(self, id)
        return enveloped("User retrieved successfully", {"user": user(queries.user_by_id(self.scope, id))})

    def put(self, request: Request, id: str) -> Response:
        """Change a person."""
        changed = actions.update_user(self.scope, id, self.validated_body(), actor=self.principal)
        return enveloped("User updated successfully", {"user": user(changed)})

    def delete(self, request: Request, id: str) -> Response:
        """Deactivate a person."""
        actions.deactivate(self.scope, id, self.validated_body().get("reason"), actor=self.principal)
        return Response(status=204)


class UserStatus(ContractView):
    """A person's status."""

    access = {"put": needs("users:update")}
    bodies = {"put": StatusBody}

    def put(self, request: Request, id: str) -> Response:
        """Move a person to another status."""
        body = self.validated_body()
        changed = actions.set_status(self.scope, id, body["status"], body.get("reason"), actor=self.principal)
        return enveloped("User status updated successfully", {"user": user(changed)})


class UserRoles(ContractView):
    """A person's roles."""

    access = {"put": needs("users:assign_roles")}
    bodies = {"put": RolesBody}

    def put(self, request: Request, id: str) -> Response:
        """Replace a person's roles."""
        body = self.validated_body()
        changed = actions.set_roles(self.scope, id, body["roles"], body.get("reason"), actor=self.principal)
        return enveloped("User roles updated successfully", {"user": user(changed)})


class ActiveCount(ContractView):
    """How many people are active."""

    access = {"get": needs("users:read")}

    def get(self, request: Request) -> Response:
        """Answer the number."""
        return enveloped("Active users count retrieved successfully", {"count": queries.active_count(self.scope)})


class UsersByRole(ContractView):
    """The people with a role."""

    access = {"get": needs("users:read")}

    def get(self, request: Request, role: str) -> Response:
        """Answer all of them."""
        found = queries.users_with_role(self.scope, role)
        return enveloped("Users by role retrieved successfully", {"users": [user(document) for document in found]})


def self_or_reader(view: ContractView, user_id: str) -> None:
    """Refuse callers who ask about another user without users:read."""
    if user_id != view.principal.user_id and not view.principal.may("users:read"):
        raise Forbidden("Forbidden resource")
