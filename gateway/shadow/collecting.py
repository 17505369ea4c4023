"""Takes the copies that Envoy sends, and makes exchanges of them: one stream is one request with its answer."""

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from gateway.shadow import wire
from gateway.shadow.contract import operation_of
from gateway.shadow.exchange import Answer, Exchange
from gateway.shadow.rendering import FROM_THERE
from gateway.states import LEGACY
from gateway.table import Route, canonical

log = logging.getLogger("gateway.shadow")

# Of a request, and of an answer. What is larger is not compared.
LARGEST = 1024 * 1024
# What a compressed answer may become.
_LARGEST_OPEN = 8 * LARGEST
_AT_ONCE = 1_000


class NotCompared(Exception):
    """An exchange that cannot be compared; the text says why, in a few words that are counted."""


@dataclass
class _Copy:
    """What has arrived of an exchange so far."""

    request: dict[str, str] = field(default_factory=dict)
    response: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    answer: bytearray = field(default_factory=bytearray)
    sent: datetime | None = None
    complete: bool = False

    def take(self, message: Any) -> None:
        """Add a message of the stream."""
        self.attributes |= wire.attributes_of(message)
        if message.HasField("request_headers"):
            self.request = wire.headers_of(message.request_headers)
            self._requested(message.request_headers.end_of_stream)
        elif message.HasField("request_body"):
            self.body += message.request_body.body
            self._requested(message.request_body.end_of_stream)
        elif message.HasField("response_headers"):
            self.response = wire.headers_of(message.response_headers)
            self.complete = message.response_headers.end_of_stream
        elif message.HasField("response_body"):
            self.answer += message.response_body.body
            self.complete = message.response_body.end_of_stream

    def _requested(self, whole: bool) -> None:
        if whole:
            self.sent = datetime.now(UTC)

    @property
    def too_large(self) -> bool:
        """Whether it is not worth to wait for the rest."""
        length = self.response.get("content-length", "")
        announced = length.isdecimal() and int(length) > LARGEST
        return announced or len(self.body) > LARGEST or len(self.answer) > LARGEST


@dataclass
class Collector:
    """The gRPC server of Envoy's filter. wanted: whether one of a group shall be kept, asked when a request's headers are there;
    done: takes an exchange; lost: takes a group, and why there is no exchange. All are quick and raise nothing."""

    routes: list[Route]
    wanted: Callable[[str], bool]
    done: Callable[[Exchange], None]
    lost: Callable[[str, str], None]

    async def serve(self, socket: Path) -> grpc.aio.Server:
        """Listen on `socket` and return the server. Raises OSError, RuntimeError."""
        socket.unlink(missing_ok=True)
        options = [("grpc.max_concurrent_streams", _AT_ONCE), ("grpc.so_reuseport", 0)]
        server = grpc.aio.server(options=options)
        process = grpc.stream_stream_rpc_method_handler(
            self._process, request_deserializer=wire.Copy.FromString, response_serializer=bytes
        )
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(wire.SERVICE, {wire.METHOD: process}),))
        server.add_insecure_port(f"unix:{socket}")
        await server.start()
        return server

    async def _process(self, messages: AsyncIterator[Any], _: Any) -> AsyncIterator[bytes]:
        """Read one exchange. Returning ends the stream, so that Envoy stops copying; nothing is ever answered."""
        copy, group = _Copy(), ""
        try:
            async for message in messages:
                copy.take(message)
                if not group:
                    group = self._group(copy.request)
                    if not group or not self.wanted(group):
                        return
                if copy.too_large or copy.complete:
                    break
        except asyncio.CancelledError:
            # Envoy gave the copy up: this process was too slow.
            if group:
                self.lost(group, "the copy was cut off")
            raise
        if group:
            self._finish(copy, group)
        return
        yield b""

    def _group(self, headers: dict[str, str]) -> str:
        path = canonical(self.routes, headers.get(":path", "").partition("?")[0])
        operation = operation_of(headers.get(":method", ""), path)
        return operation.group if operation else ""

    def _finish(self, copy: _Copy, group: str) -> None:
        try:
            self.done(_exchange(copy, group, self.routes))
        except NotCompared as reason:
            self.lost(group, str(reason))


def _exchange(copy: _Copy, group: str, routes: list[Route]) -> Exchange:
    if copy.too_large:
        raise NotCompared("too large")
    if not copy.complete:
        raise NotCompared("the answer did not end")
    if copy.attributes.get("response.code_details") != FROM_THERE:
        raise NotCompared("answered by the gateway itself")
    path, mark, query = copy.request[":path"].partition("?")
    path = canonical(routes, path)
    method = copy.request[":method"]
    operation = operation_of(method, path)
    if operation is None:
        raise NotCompared("no operation of the contract")
    headers = {name: value for name, value in copy.response.items() if not name.startswith(":")}
    moment = datetime.now(UTC)
    return Exchange(
        group=group,
        operation=operation.name,
        method=method,
        path=path + mark + query,
        headers=copy.request,
        body=bytes(copy.body),
        answer=Answer(int(copy.response[":status"]), headers, opened(headers, bytes(copy.answer))),
        side="legacy" if copy.attributes.get("xds.cluster_name") == LEGACY else "service",
        sent=copy.sent or moment,
        answered=moment,
    )


def opened(headers: dict[str, str], body: bytes) -> bytes:
    """Return an answer's body without its compression. Raises NotCompared."""
    coding = headers.get("content-encoding", "identity").lower()
    if not body or coding == "identity":
        return body
    if coding != "gzip":
        raise NotCompared("compressed in an unknown way")
    try:
        reader = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        content = reader.decompress(body, _LARGEST_OPEN)
    except zlib.error:
        raise NotCompared("compressed in an unknown way") from None
    if reader.unconsumed_tail:
        raise NotCompared("too large")
    return content
