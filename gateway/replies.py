"""Answers that the gateway makes itself, in the contract's shape."""

from typing import Any

_MESSAGES = {
    400: ("Bad Request", "Bad Request"),
    404: ("Cannot %REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%", "Not Found"),
    408: ("Request Timeout", "Request Timeout"),
    413: ("request entity too large", "Payload Too Large"),
    426: ("Upgrade Required", "Upgrade Required"),
    429: ("Too many requests, please try again later", "Too Many Requests"),
    431: ("Request header fields too large", "Request Header Fields Too Large"),
    502: ("The service answered badly, please try again", "Bad Gateway"),
    503: ("This part of the application is unavailable right now, please try again shortly", "Service Unavailable"),
    504: ("The service did not answer in time, please try again", "Gateway Timeout"),
}


def local_replies() -> dict[str, Any]:
    """Return Envoy's local_reply_config: `{statusCode, message, error}` for every reply of the gateway's own."""
    return {"mappers": [_mapper(status, *texts) for status, texts in _MESSAGES.items()]}


def _mapper(status: int, message: str, error: str) -> dict[str, Any]:
    body: dict[str, Any] = {"message": message, "error": error, "statusCode": "%RESPONSE_CODE%"}
    if status == 429:
        # The old throttle's member; the bucket fills every second.
        body["retryAfter"] = 1
    compared = {"op": "EQ", "value": {"default_value": status, "runtime_key": f"replies.{status}"}}
    return {
        "filter": {"status_code_filter": {"comparison": compared}},
        "body_format_override": {"json_format": body, "content_type": "application/json; charset=utf-8"},
    }
