"""Messages of Envoy's, as far as they are read here.

Declared here because the package with all of them (xds-protos) overwrites files of OpenTelemetry, of Google's common protos and
of the Envoy wheel. Members that are not declared are passed over, as protobuf has it.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)

Field = descriptor_pb2.FieldDescriptorProto
# Of each message: member, number, type. A text is the name of a message, `repeated` before it for several; a map is its entries.
Messages = Mapping[str, list[tuple[str, int, int | str]]]
_KNOWN = (struct_pb2, duration_pb2, timestamp_pb2, wrappers_pb2)


def declared(package: str, messages: Messages, wanted: str) -> Any:
    """Return the class of the message `wanted` among `messages`. package: any name, once in a process."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto3")
    file.dependency.extend(one.DESCRIPTOR.name for one in _KNOWN)
    for name, members in messages.items():
        message = file.message_type.add(name=name)
        for member, number, kind in members:
            _add(message.field.add(name=member, number=number), package, kind)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{wanted}"))


def _add(field: Any, package: str, kind: int | str) -> None:
    field.label = Field.LABEL_OPTIONAL
    if isinstance(kind, int):
        field.type = kind
        return
    if kind.startswith("repeated "):
        field.label = Field.LABEL_REPEATED
    name = kind.removeprefix("repeated ")
    field.type, field.type_name = Field.TYPE_MESSAGE, name if "." in name else f".{package}.{name}"
