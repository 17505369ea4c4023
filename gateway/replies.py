"""Answers that the gateway makes itself, in the contract's shape, readable by the front end's pages."""

from typing import Any

from gateway import browsers

_MESSAGES = {
    400: ("Bad Request", "Bad Request"),
    # Only browsers' preflights get it (gateway/browsers.py).
    403: ("Origin %REQ(ORIGIN)% is not one of the front ends that may call this API", "Forbidden"),
    404: ("Cannot %REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", "Not Found"),
    408: ("Request Timeout", "Request Timeout"),
    413: ("request entity too large", "Payload Too Large"),
    426: ("Upgrade Required", "Upgrade Required"),
    429: ("Too many requests, please try again later", "Too Many Requests"),
    431: ("Request header fields too large", "Request Header Fields Too Large"),
    500: ("Internal server error", ""),
    502: ("The service answered badly, please try again", "Bad Gateway"),
    503: ("This part of the application is unavailable right now, please try again shortly", "Service Unavailable"),
    504: ("The service did not answer in time, please try again", "Gateway Timeout"),
}
_RETRY_SECONDS = {429: 1, 503: 2}


def local_replies(origins: tuple[str, ...]) -> dict[str, Any]:
    """Return Envoy's local_reply_config: `{statusCode, message, error}` for every reply of the gateway's own. Each status has
    two mappers, the first for the front ends at `origins`."""
    mappers = []
    for status in _MESSAGES:
        from_page, headers = browsers.readable(origins)
        with_status = _status_filter(status)
        mappers.append(_mapper(status, {"and_filter": {"filters": [with_status, from_page]}}, headers))
        mappers.append(_mapper(status, with_status, []))
    return {"mappers": mappers}


def _status_filter(status: int) -> dict[str, Any]:
    compared = {"op": "EQ", "value": {"default_value": status, "runtime_key": f"replies.{status}"}}
    return {"status_code_filter": {"comparison": compared}}


def _mapper(status: int, applies: dict[str, Any], headers: list[dict[str, Any]]) -> dict[str, Any]:
    message, error = _MESSAGES[status]
    body: dict[str, Any] = {"message": message, "statusCode": "%RESPONSE_CODE%"}
    if error:
        body["error"] = error
    if status == 429:
        # The old throttle's member; the bucket fills every second.
        body["retryAfter"] = _RETRY_SECONDS[status]
    if status in _RETRY_SECONDS:
        headers = [*headers, browsers.header("retry-after", str(_RETRY_SECONDS[status]))]
    return {
        "filter": applies,
        "headers_to_add": headers,
        "body_format_override": {"json_format": body, "content_type": "application/json; charset=utf-8"},
    }
