"""What Envoy's ext_proc filter sends (as far as it is read here): envoy/service/ext_proc/v3/external_processor.proto."""

from typing import Any

from gateway.wire import Field, declared

SERVICE, METHOD = "envoy.service.ext_proc.v3.ExternalProcessor", "Process"
_MESSAGES: dict[str, list[tuple[str, int, int | str]]] = {
    "HeaderValue": [
        ("key", 1, Field.TYPE_STRING),
        ("value", 2, Field.TYPE_STRING),
        ("raw_value", 3, Field.TYPE_BYTES),
    ],
    "HeaderMap": [("headers", 1, "repeated HeaderValue")],
    "HttpHeaders": [("headers", 1, "HeaderMap"), ("end_of_stream", 3, Field.TYPE_BOOL)],
    "HttpBody": [("body", 1, Field.TYPE_BYTES), ("end_of_stream", 2, Field.TYPE_BOOL)],
    # A map is its entries, on the wire.
    "Attributes": [("key", 1, Field.TYPE_STRING), ("value", 2, ".google.protobuf.Struct")],
    "Copy": [
        ("request_headers", 2, "HttpHeaders"),
        ("response_headers", 3, "HttpHeaders"),
        ("request_body", 4, "HttpBody"),
        ("response_body", 5, "HttpBody"),
        ("attributes", 9, "repeated Attributes"),
    ],
}


# A message of the stream: exactly one of its members is set, and attributes come with the headers.
Copy = declared("leadmesh.ext_proc", _MESSAGES, "Copy")


def headers_of(headers: Any) -> dict[str, str]:
    """Return the headers of an HttpHeaders message; several of one name are joined."""
    found: dict[str, str] = {}
    for header in headers.headers.headers:
        value = header.raw_value.decode("latin-1") or header.value
        found[header.key] = f"{found[header.key]}, {value}" if header.key in found else value
    return found


def attributes_of(copy: Any) -> dict[str, str]:
    """Return the attributes that came with a message."""
    return {name: str(value) for entry in copy.attributes for name, value in entry.value.items()}
