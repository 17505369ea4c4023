"""Administrators' routes of invitations."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.addresses import client_address, user_agent
from core.api.permissions import roles
from core.api.views import ContractView
from core.documents.collection import now
from core.documents.database import Document
from services.users.accounts.api import PagedView
from services.users.accounts.rendering import user_reference
from services.users.invitations import actions, queries
from services.users.invitations.serializers import CancelBody, InvitationQuery, InviteBody

_ACCESS = roles("admin", "manager")
_SHOWN = (
    "_id",
    "email",
    "invitedBy",
    "status",
    "expiresAt",
    "acceptedAt",
    "ipAddress",
    "userAgent",
    "roles",
    "tenantId",
    "message",
    "metadata",
    "createdAt",
    "updatedAt",
)


def invitation(document: Document) -> dict[str, Any]:
    """Return Invitation (contract/users.yaml): never the token's digest."""
    wire = {name: document[name] for name in _SHOWN if document.get(name) is not None}
    late = document["expiresAt"] <= now()
    computed = {"isExpired": late, "isValid": document["status"] == "pending" and not late}
    inviter = {"invitedBy": user_reference(document["invitedBy"]) if document.get("invitedBy") else None}
    return {**wire, **inviter, "__v": document.get("__v", 0), "id": document["_id"], **computed}


class Invitations(PagedView):
    """The tenant's invitations."""

    access = {"get": _ACCESS, "post": _ACCESS}
    queries = {"get": InvitationQuery}
    bodies = {"post": InviteBody}

    def get(self, request: Request) -> Response:
        """Answer a page, newest first."""
        query, page = self.page()
        found, total = queries.list_invitations(self.scope, query, page)
        return Response({"invitations": [invitation(document) for document in found], **page.flat(total)})

    def post(self, request: Request) -> Response:
        """Invite a person. 403 for roles beyond the caller's own, 409 for an address that is taken or invited already."""
        body = self.validated_body()
        tenant_id = body.pop("tenantId", None)
        scope = self.scope.for_tenant(tenant_id) if self.scope.everywhere and tenant_id else self.scope
        scope.require_tenant()
        origin = {"ipAddress": client_address(request._request), "userAgent": user_agent(request._request)}
        made = actions.invite(scope, body, origin, actor=self.principal)
        shown = {name: made[name] for name in ("email", "status", "expiresAt", "roles")}
        return Response(
            {"message": "Invitation sent successfully", "invitation": {"id": made["_id"], **shown}}, status=201
        )


class InvitationStats(ContractView):
    """How many invitations there are."""

    access = {"get": _ACCESS}

    def get(self, request: Request) -> Response:
        """Answer the counters."""
        return Response(queries.statistics(self.scope))


class CancelInvitation(ContractView):
    """Take an invitation back."""

    access = {"put": _ACCESS}
    bodies = {"put": CancelBody}

    def put(self, request: Request, id: str) -> Response:
        """400 for one that is not pending."""
        actions.cancel(self.scope, id, self.validated_body().get("reason"), actor=self.principal)
        return Response({"message": "Invitation cancelled successfully"})


class ResendInvitation(ContractView):
    """Mail an invitation again."""

    access = {"put": _ACCESS}

    def put(self, request: Request, id: str) -> Response:
        """The new link is good for another seven days, the old one is dead."""
        actions.resend(self.scope, id, actor=self.principal)
        return Response({"message": "Invitation resent successfully"})
