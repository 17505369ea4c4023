"""Routes of tenants: bare objects."""

from django.conf import settings
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.addresses import client_address
from core.api.pagination import page_of
from core.api.permissions import needs, operator, signed_in
from core.api.throttling import demand
from core.api.views import ContractView
from core.errors import Forbidden
from services.users.tenants import actions, queries
from services.users.tenants.rendering import tenant
from services.users.tenants.serializers import CreateTenantBody, JoinBody, TenantQuery, UpdateTenantBody


class Tenants(ContractView):
    """All tenants that the caller may see."""

    access = {"get": needs("tenant:read"), "post": signed_in()}
    queries = {"get": TenantQuery}
    bodies = {"post": CreateTenantBody}

    def get(self, request: Request) -> Response:
        """Answer a page, newest first."""
        query = self.validated_query()
        page = page_of(query, default_limit=10)
        found, total = queries.list_tenants(self.principal, query, page)
        return Response({"tenants": [tenant(document) for document in found], **page.flat(total)})

    def post(self, request: Request) -> Response:
        """Create one: operators any, callers without tenant their own."""
        if not self.principal.may("tenant:create") and self.principal.tenant_id is not None:
            raise Forbidden("Forbidden resource")
        body = self.validated_body()
        self._count(request)
        created = actions.create_tenant(self.principal, body)
        return Response(tenant(created), status=201)

    def _count(self, request: Request) -> None:
        """A new user may found a tenant, so founding has the same limit as registering."""
        if self.principal.is_operator:
            return
        rules = {"limit": settings.REGISTRATIONS, "seconds": 3600}
        for name, key in (("tenant-address", client_address(request._request)), ("tenant", self.principal.user_id)):
            demand(name, key, **rules, refusal="Too many new tenants. Please try again later.")


class TenantDetail(ContractView):
    """One tenant, by its UUID."""

    access = {"get": needs("tenant:read"), "put": needs("tenant:update"), "delete": signed_in()}
    bodies = {"put": UpdateTenantBody}
    statuses = {"delete": 204}

    def get(self, request: Request, tenantId: str) -> Response:  # noqa: N803 - path name of the contract
        """Answer the tenant."""
        return Response(tenant(queries.tenant_by_uuid(self.principal, tenantId)))

    def put(self, request: Request, tenantId: str) -> Response:  # noqa: N803
        """Change the tenant."""
        return Response(tenant(actions.update_tenant(self.principal, tenantId, self.validated_body())))

    def delete(self, request: Request, tenantId: str) -> Response:  # noqa: N803
        """Delete the tenant: its owner or an operator."""
        actions.delete_tenant(self.principal, tenantId)
        return Response(status=204)


class TenantBySubdomain(ContractView):
    """One tenant, by its subdomain."""

    access = {"get": needs("tenant:read")}

    def get(self, request: Request, subdomain: str) -> Response:
        """Answer the tenant."""
        return Response(tenant(queries.tenant_by_subdomain(self.principal, subdomain)))


class ActivateTenant(ContractView):
    """Open a tenant to its people."""

    access = {"post": operator()}

    def post(self, request: Request, tenantId: str) -> Response:  # noqa: N803
        """Answer the tenant."""
        return Response(tenant(actions.set_tenant_status(self.principal, tenantId, "active")), status=201)


class SuspendTenant(ContractView):
    """Close a tenant to its people."""

    access = {"post": operator()}

    def post(self, request: Request, tenantId: str) -> Response:  # noqa: N803
        """Answer the tenant."""
        return Response(tenant(actions.set_tenant_status(self.principal, tenantId, "suspended")), status=201)


class TenantStats(ContractView):
    """Figures of a tenant."""

    access = {"get": needs("tenant:read")}

    def get(self, request: Request, tenantId: str) -> Response:  # noqa: N803
        """Answer the figures."""
        return Response(queries.tenant_stats(queries.tenant_by_uuid(self.principal, tenantId)))


class TenantUser(ContractView):
    """A person among a tenant's people."""

    access = {"post": signed_in(), "delete": signed_in()}
    bodies = {"post": JoinBody}
    statuses = {"delete": 204}

    def post(self, request: Request, tenantId: str, userId: str) -> Response:  # noqa: N803 - path name of the contract
        """List the person, as member unless the query says role=admin; or join, with the token of an invitation."""
        token = self.validated_body().get("token")
        if token is not None and userId == self.principal.user_id:
            actions.join_by_invitation(self.principal, tenantId, token)
        else:
            self._may_manage()
            actions.add_user(self.principal, tenantId, userId, request.query_params.get("role", "member"))
        return Response(status=201)

    def delete(self, request: Request, tenantId: str, userId: str) -> Response:  # noqa: N803
        """Remove the user; all users may leave."""
        if userId != self.principal.user_id:
            self._may_manage()
        actions.remove_user(self.principal, tenantId, userId)
        return Response(status=204)

    def _may_manage(self) -> None:
        if not self.principal.may("tenant:user_manage"):
            raise Forbidden("Forbidden resource")
