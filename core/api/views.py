"""The base of every API view: declared access, declared bodies and queries, tenant headers."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.conf import settings
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from core import effects
from core.api.authentication import ServiceAuthentication
from core.api.parsing import PARSERS, plain_body
from core.api.permissions import Access, DeclaredAccess
from core.api.rendering import JSONRenderer
from core.api.requests import ContractRequest
from core.api.throttling import demand
from core.api.validation import Body
from core.documents.scope import TenantScope
from core.identity.principals import Principal

_TOO_MANY = "Too many requests: wait a moment"
_UNPRINTABLE = re.compile(r"[^ -~]+")


class OnlyJSON(BaseContentNegotiation):
    """Every answer is JSON whatever `Accept` says, as in the old system."""

    def select_parser(self, request: Request, parsers: Any) -> BaseParser | None:
        """Return the first parser whose media type fits the request's content type."""
        media_type = request.content_type.partition(";")[0].strip().lower()
        for parser in parsers:
            if parser.media_type in (media_type, "*/*"):
                return parser
        return None

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> tuple[Any, str]:
        """Return the first renderer."""
        return renderers[0], renderers[0].media_type


class ContractView(APIView):
    """An operation or two of the contract.

    access: who may call which method. bodies, queries: the validator of each method's body and query string; they are
    also what the API description shows. A method named in no declaration does not exist (404, as in the old system).
    """

    access: ClassVar[dict[str, Access]] = {}
    bodies: ClassVar[dict[str, type[Body]]] = {}
    queries: ClassVar[dict[str, type[Body]]] = {}
    statuses: ClassVar[dict[str, int]] = {}

    permission_classes = [DeclaredAccess]
    parser_classes = PARSERS
    renderer_classes = [JSONRenderer]
    content_negotiation_class = OnlyJSON

    def get_authenticators(self) -> list[Any]:
        """Look at no token where none is needed: a front end may send an expired one with a login."""
        # The generator of the API description makes views without a request.
        request: Any = getattr(self, "request", None)
        rule = self.access.get((request.method or "").lower()) if request is not None else None
        return [] if rule is not None and rule.public else super().get_authenticators()

    @property
    def allowed_methods(self) -> list[str]:
        """What `Allow` names. HEAD is wherever GET is (core.api.middleware)."""
        return [*(name.upper() for name in self.access), *(["HEAD"] if "get" in self.access else []), "OPTIONS"]

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Return the request as views see it."""
        return ContractRequest(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        """Refuse a method without declaration before anything else; then DRF's checks."""
        if request.method == "OPTIONS":
            return
        if (request.method or "").lower() not in self.access:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)

    def options(self, request: object, *args: object, **kwargs: object) -> Any:
        """Answer the allowed methods, to any caller. Browsers' preflights end at the gateway."""
        return Response(status=204)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the tenant headers that the old system sent (users-rules §5)."""
        response = super().finalize_response(request, response, *args, **kwargs)
        principal = getattr(request._request, "principal", None)
        if principal is not None and principal.tenant_id:
            response["X-Tenant-ID"] = principal.tenant_id
            # A name may hold what no header can: gunicorn would refuse the whole answer.
            name = _UNPRINTABLE.sub("", principal.tenant_name or "").strip()
            if name:
                response["X-Tenant-Name"] = name
        return response

    @property
    def principal(self) -> Principal:
        """The caller. Only for methods that are not public."""
        principal: Any = self.request.user
        return cast(Principal, principal)

    @property
    def scope(self) -> TenantScope:
        """The documents that the caller may see."""
        return self.principal.scope

    def validated_body(self) -> Any:
        """Return the body checked by `bodies`, as a dict: here untyped members become those of the type that an action names.
        Raises ValidationError with the contract's messages."""
        return self._validated(self.bodies, plain_body(self.request.data))

    def validated_query(self) -> Any:
        """Return the query string checked by `queries`, as a dict. Raises ValidationError with the contract's messages."""
        request: Any = self.request
        return self._validated(self.queries, request.query)

    def _validated(self, validators: dict[str, type[Body]], data: Mapping[str, object]) -> dict[str, Any]:
        validator = validators[(self.request.method or "").lower()](data=data)
        validator.is_valid(raise_exception=True)
        checked: dict[str, Any] = validator.validated_data
        return checked


class PersonThrottle(BaseThrottle):
    """At most `REQUESTS_PER_MINUTE` requests of a person in a minute, on all views that say so together."""

    def allow_request(self, request: Request, view: object) -> bool:
        """Return True. Raises TooManyRequests beyond the limit; a dry run is no request of the person's."""
        principal: Any = request.user
        if effects.are_forbidden():
            return True
        demand("requests", principal.user_id, limit=settings.REQUESTS_PER_MINUTE, seconds=60, refusal=_TOO_MANY)
        return True


class LimitedView(ContractView):
    """An operation that may be refused with 429, as buyers' and analytics' may: a request there can cost the database a lot.
    Only for methods that are not public."""

    throttle_classes = [PersonThrottle]


class InternalView(ContractView):
    """A route for other services only; the gateway does not know it. `request.user` is the calling service's name."""

    authentication_classes = [ServiceAuthentication]
    permission_classes: list[Any] = []
