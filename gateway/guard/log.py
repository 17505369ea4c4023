"""What Envoy tells of every request after its end: its access log (`gateway.guard.rendering`), streamed to the agent."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import empty_pb2

from gateway.guard.old import Read
from gateway.guard.rendering import log_socket
from gateway.guard.watch import Guard
from gateway.shadow.exchange import Side
from gateway.wire import Field, declared

# One for each of Envoy's threads, as long as it lives; a few more while it starts anew.
_STREAMS = 32
_GET = 1
# A subset of envoy/service/accesslog/v3/als.proto and envoy/data/accesslog/v3/accesslog.proto.
_MESSAGES: dict[str, list[tuple[str, int, int | str]]] = {
    "Message": [("http_logs", 2, "Entries")],
    "Entries": [("log_entry", 1, "repeated Entry")],
    "Entry": [("common", 1, "Common"), ("request", 3, "Request"), ("response", 4, "Response")],
    "Common": [
        ("start_time", 5, ".google.protobuf.Timestamp"),
        ("time_to_last_rx_byte", 6, ".google.protobuf.Duration"),
        ("time_to_last_upstream_tx_byte", 8, ".google.protobuf.Duration"),
        ("time_to_first_upstream_rx_byte", 9, ".google.protobuf.Duration"),
        ("upstream_cluster", 15, Field.TYPE_STRING),
        ("route_name", 19, Field.TYPE_STRING),
        ("duration", 23, ".google.protobuf.Duration"),
        ("intermediate_log_entry", 27, Field.TYPE_BOOL),
    ],
    "Request": [("method", 1, Field.TYPE_INT32), ("path", 5, Field.TYPE_STRING), ("headers", 13, "repeated Header")],
    "Header": [("key", 1, Field.TYPE_STRING), ("value", 2, Field.TYPE_STRING)],
    "Response": [("code", 1, ".google.protobuf.UInt32Value")],
}
_Message = declared("leadmesh.accesslog", _MESSAGES, "Message")


def serve(folder: str, guard: Guard, stopping: threading.Event) -> None:
    """Take the log of the Envoy with its sockets in `folder` until `stopping` is set. Raises RuntimeError, OSError."""

    def take(messages: Iterator[Any], _: grpc.ServicerContext) -> empty_pb2.Empty:
        for message in messages:
            for entry in message.http_logs.log_entry:
                _take(guard, entry)
        return empty_pb2.Empty()

    taking = grpc.stream_unary_rpc_method_handler(take, _Message.FromString, empty_pb2.Empty.SerializeToString)
    service = "envoy.service.accesslog.v3.AccessLogService"
    handler = grpc.method_handlers_generic_handler(service, {"StreamAccessLogs": taking})
    server = grpc.server(ThreadPoolExecutor(_STREAMS, "log"), handlers=(handler,))
    log_socket(folder).unlink(missing_ok=True)
    server.add_insecure_port(f"unix:{log_socket(folder)}")
    server.start()
    log_socket(folder).chmod(0o600)
    # A server that nobody holds ends by itself.
    stopping.wait()
    server.stop(0)


def _take(guard: Guard, entry: Any) -> None:
    """Tell the guard of a request. Those without group are nobody's."""
    common, status = entry.common, entry.response.code.value
    group, side = common.route_name, _side(common)
    if common.intermediate_log_entry and common.HasField("time_to_first_upstream_rx_byte"):
        return
    # What the gateway refused by itself, or what its sender gave up before it was whole, is no side's doing.
    if not group or not (common.HasField("time_to_last_upstream_tx_byte") or status >= 500):
        return
    guard.record(group, side, status, _took(common))
    authorization = next((one.value for one in entry.request.headers if one.key == "authorization"), "")
    if side == "service" and status == 200 and entry.request.method == _GET and authorization:
        guard.old.note(group, Read(entry.request.path, authorization))


def _side(common: Any) -> Side:
    return "legacy" if common.upstream_cluster == "legacy" else "service"


def _took(common: Any) -> float:
    """Return the seconds from the whole request to the first byte of the answer; to the end where none came, to now while it
    waits: how fast callers send and take says nothing about a side."""
    if common.intermediate_log_entry:
        end = time.time() - common.start_time.ToMicroseconds() / 1e6
    elif common.HasField("time_to_first_upstream_rx_byte"):
        end = common.time_to_first_upstream_rx_byte.ToMicroseconds() / 1e6
    else:
        end = common.duration.ToMicroseconds() / 1e6
    return max(0.0, end - common.time_to_last_rx_byte.ToMicroseconds() / 1e6)
