"""Errors outside of DRF views answer in the contract's shape too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.api.handler import answer_outside_drf


class ContractErrorsMiddleware:
    """Turns any exception of a view into the contract's body; the admin keeps Django's own pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle `request`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for `exception`, except in the admin."""
        return None if request.path.startswith("/admin/") else answer_outside_drf(request, exception)
