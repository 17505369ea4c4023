"""Traces: one request, its events and what they do in other services are one trace at the collector."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

pytestmark = pytest.mark.usefixtures("database")
ROOT = Path(__file__).resolve().parents[2]
# What a request does, in a process of its own, because tracing is switched on once per process.
REQUEST = """
from wsgiref.util import setup_testing_defaults
from core.api.wsgi import service_application
application = service_application()
from core.documents.transactions import in_transaction
from core.events import inbox, outbox
from core.events.handlers import _registry
from core.events.payloads import MatchUpdated
from core.events.transport import captured
from opentelemetry import trace

def get(path, **environ):
    environ |= {"PATH_INFO": path}
    setup_testing_defaults(environ)
    list(application(environ, lambda status, headers: print(status)))

get("/health/ready", HTTP_TRACEPARENT="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
get("/api/auth/validate-invitation/s3cr3t-t0ken", QUERY_STRING="code=s3cr3t-t0ken")

_registry["analytics", "buyer.match.updated"] = [lambda event: None]
payload = MatchUpdated(id="m", buyer_id="b", lead_id="l", match_score=5, status="pending")
fact = dict(name="buyer.match.updated", payload=payload, entity_id="m", version=1, tenant_id="t")
with trace.get_tracer("test").start_as_current_span("publish"):
    in_transaction("buyers", lambda: outbox.record(**fact))
with captured() as sent:
    outbox.dispatch("buyers")
for task, arguments in list(sent):
    if task == "events.receive":
        with captured():
            inbox.receive(*arguments)
trace.get_tracer_provider().force_flush()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[Any]]]:
    """An OTLP/HTTP collector: its address, and the spans it received."""
    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["Content-Length"])))
            for resource in told.resource_spans:
                spans.extend(span for scope in resource.scope_spans for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", spans
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_trace_spans_the_request_its_event_and_the_subscriber(collector: tuple[str, list[Any]]) -> None:
    address, spans = collector
    environment = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "DJANGO_SETTINGS_MODULE": "services.monolith.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", REQUEST], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    by_name = {span.name: span for span in spans}
    request = by_name["GET health/ready"]
    assert request.trace_id.hex() == "a" * 32
    assert request.parent_span_id.hex() == "b" * 16
    assert "GET api/auth/validate-invitation/<token>" in by_name
    assert "s3cr3t-t0ken" not in str(spans)
    assert "s3cr3t-t0ken" not in done.stdout + done.stderr
    published, applied = by_name["publish"], by_name["apply buyer.match.updated"]
    assert applied.trace_id == published.trace_id
    assert applied.parent_span_id == published.span_id
    assert any("insert" in span.name and span.trace_id == published.trace_id for span in spans)
