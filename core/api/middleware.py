"""What holds for every answer: errors outside of DRF views have the contract's shape, HEAD is answered wherever GET is."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from core.api.handler import answer_outside_drf


class HeadMiddleware:
    """Answers HEAD as GET, without the body: everything inside sees a GET. A streamed body is not even begun."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle `request`."""
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        response = self.get_response(request)
        request.method = "HEAD"
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = ()
        else:
            # Content-Length is there already and stays.
            response.content = b""
        return response


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
