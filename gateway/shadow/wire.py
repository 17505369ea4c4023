"""What Envoy's ext_proc filter sends, as far as it is read here: a subset of envoy/service/ext_proc/v3/external_processor.proto.

Declared here because the package with all of Envoy's messages (xds-protos) overwrites files of OpenTelemetry, of Google's common
protos and of the Envoy wheel. Members that are not declared are passed over, as protobuf has it.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2

SERVICE, METHOD = "envoy.service.ext_proc.v3.ExternalProcessor", "Process"
_PACKAGE = "leadmesh.ext_proc"
_Field = descriptor_pb2.FieldDescriptorProto
# Message: member, number, type; a text is the name of a message.
_MESSAGES: dict[str, list[tuple[str, int, int | str]]] = {
    "HeaderValue": [
        ("key", 1, _Field.TYPE_STRING),
        ("value", 2, _Field.TYPE_STRING),
        ("raw_value", 3, _Field.TYPE_BYTES),
    ],
    "HeaderMap": [("headers", 1, "repeated HeaderValue")],
    "HttpHeaders": [("headers", 1, "HeaderMap"), ("end_of_stream", 3, _Field.TYPE_BOOL)],
    "HttpBody": [("body", 1, _Field.TYPE_BYTES), ("end_of_stream", 2, _Field.TYPE_BOOL)],
    # A map is its entries, on the wire.
    "Attributes": [("key", 1, _Field.TYPE_STRING), ("value", 2, ".google.protobuf.Struct")],
    "Copy": [
        ("request_headers", 2, "HttpHeaders"),
        ("response_headers", 3, "HttpHeaders"),
        ("request_body", 4, "HttpBody"),
        ("response_body", 5, "HttpBody"),
        ("attributes", 9, "repeated Attributes"),
    ],
}


def _declared() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="leadmesh_ext_proc.proto", package=_PACKAGE, syntax="proto3")
    file.dependency.append(struct_pb2.DESCRIPTOR.name)
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for member, number, kind in fields:
            repeated = isinstance(kind, str) and kind.startswith("repeated ")
            field = message.field.add(name=member, number=number)
            field.label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            if isinstance(kind, str):
                type_ = kind.removeprefix("repeated ")
                field.type, field.type_name = _Field.TYPE_MESSAGE, type_ if "." in type_ else f".{_PACKAGE}.{type_}"
            else:
                field.type = kind  # type: ignore[assignment]
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Copy"))


# A message of the stream: exactly one of its members is set, and attributes come with the headers.
Copy = _declared()


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
