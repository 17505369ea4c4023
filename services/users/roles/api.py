"""Routes of roles: bare objects and arrays."""

from collections.abc import Callable, Iterable
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.permissions import needs, operator, roles, signed_in
from core.api.views import ContractView
from core.identity.roles import ADMIN, OPERATOR
from services.users.accounts.api import self_or_reader
from services.users.accounts.documents import UserDocument
from services.users.accounts.queries import user_by_id
from services.users.roles import actions, queries
from services.users.roles.rendering import assignment, role
from services.users.roles.serializers import (
    AssignRoleBody,
    CreateRoleBody,
    PermissionsBody,
    RevokeRoleBody,
    RoleQuery,
    UpdateRoleBody,
)

# ruff: noqa: N803 - path names of the contract

_MANAGERS = roles(OPERATOR, ADMIN)


class Roles(ContractView):
    """The tenant's roles."""

    access = {"get": needs("users:read"), "post": _MANAGERS}
    queries = {"get": RoleQuery}
    bodies = {"post": CreateRoleBody}

    def get(self, request: Request) -> Response:
        """Answer a page of roles that match all filters; no echo of the page."""
        query = self.validated_query()
        found, total = queries.search_roles(self.scope, query, page_of(query, default_limit=10))
        return Response({"roles": [role(document) for document in found], "total": total})

    def post(self, request: Request) -> Response:
        """Create a role in the caller's tenant."""
        return Response(role(actions.create_role(self.principal, self.validated_body())), status=201)


class RoleDetail(ContractView):
    """One role."""

    access = {"get": needs("users:read"), "put": _MANAGERS, "delete": _MANAGERS}
    bodies = {"put": UpdateRoleBody}

    def get(self, request: Request, id: str) -> Response:
        """Answer a role of the tenant, or a shared one."""
        return Response(role(queries.role_by_id(self.scope, id)))

    def put(self, request: Request, id: str) -> Response:
        """Change a custom role."""
        return Response(role(actions.update_role(self.principal, id, self.validated_body())))

    def delete(self, request: Request, id: str) -> Response:
        """Delete a custom role that is not assigned."""
        actions.delete_role(self.principal, id)
        return Response()


class InitializeSystemRoles(ContractView):
    """The five system roles."""

    access = {"post": operator()}

    def post(self, request: Request) -> Response:
        """Create those that are missing."""
        actions.initialize_system_roles(self.principal)
        return Response({"message": "System roles initialized successfully"}, status=201)


class PersonView(ContractView):
    """A route about a user's permissions: all callers may see their own; those of others need users:read."""

    def person(self, user_id: str) -> UserDocument:
        """Return the person. Raises Forbidden, NotFound."""
        self_or_reader(self, user_id)
        return user_by_id(self.scope, user_id)

    def permissions_of(self, user_id: str) -> list[str]:
        """Return what the person may do by assigned roles. Raises Forbidden, NotFound."""
        return queries.permissions_of(self.person(user_id))


class PersonRoles(PersonView):
    """The roles that a person has."""

    access = {"get": signed_in(), "post": needs("users:assign_roles")}
    bodies = {"post": AssignRoleBody}

    def get(self, request: Request, userId: str) -> Response:
        """Answer the active, unexpired ones."""
        return Response([role(document) for document in queries.roles_of(self.person(userId))])

    def post(self, request: Request, userId: str) -> Response:
        """Assign a role."""
        assigned = actions.assign_role(self.principal, userId, self.validated_body())
        return Response(assignment(assigned), status=201)


class PersonRole(ContractView):
    """A role that a person has."""

    access = {"delete": needs("users:assign_roles")}
    bodies = {"delete": RevokeRoleBody}

    def delete(self, request: Request, userId: str, roleId: str) -> Response:
        """Take it away."""
        actions.revoke_role(self.principal, userId, roleId, self.validated_body().get("reason"))
        return Response()


class PersonPermissions(PersonView):
    """What a person may do by assigned roles."""

    access = {"get": signed_in()}

    def get(self, request: Request, userId: str) -> Response:
        """Answer the names of the permissions."""
        return Response(self.permissions_of(userId))


class SinglePermission(PersonView):
    """Whether a person has a permission by assigned roles."""

    access = {"get": signed_in()}

    def get(self, request: Request, userId: str, permission: str) -> Response:
        """Answer yes or no."""
        return Response({"hasPermission": permission in self.permissions_of(userId)})


class AnyPermission(PersonView):
    """Whether a person has one of some permissions; no for an empty list."""

    access = {"post": signed_in()}
    bodies = {"post": PermissionsBody}
    enough: ClassVar[tuple[str, Callable[[Iterable[bool]], bool]]] = ("hasAnyPermission", any)

    def post(self, request: Request, userId: str) -> Response:
        """Answer yes or no."""
        asked = self.validated_body()["permissions"]
        held = self.permissions_of(userId)
        name, of = self.enough
        return Response({name: of(one in held for one in asked)}, status=201)


class AllPermissions(AnyPermission):
    """Whether a person has all of some permissions; yes for an empty list."""

    enough = ("hasAllPermissions", all)
