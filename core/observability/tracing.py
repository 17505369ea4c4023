"""OpenTelemetry traces across HTTP, Celery and MongoDB, on when OTEL_EXPORTER_OTLP_ENDPOINT is set."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from core.observability.middleware import shown_path


def start_tracing(service: str, instance: str, exporter: SpanExporter | None = None) -> bool:
    """Instrument Django, Celery, pymongo and httpx and export spans; return whether tracing is on.

    Call once per process, after the fork. Without `exporter` the OTLP/HTTP exporter is used, if its endpoint is set.
    """
    if exporter is None and not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    resource = Resource.create({"service.name": f"leadmesh-{service}", "service.instance.id": instance})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    _instrument()
    return True


def _instrument() -> None:
    # Imported here: they cost start-up time that most processes should not pay.
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
    from opentelemetry.instrumentation.pymongo import PymongoInstrumentor

    DjangoInstrumentor().instrument(response_hook=_leave_out_secrets)
    for instrumentor in (CeleryInstrumentor, PymongoInstrumentor, HTTPXClientInstrumentor):
        instrumentor().instrument()


def _leave_out_secrets(span: trace.Span, request: HttpRequest, response: HttpResponse) -> None:
    """Show the path without query string and without a token in it."""
    path = shown_path(request)
    # The names of both generations of OpenTelemetry's conventions; only those that are there are replaced.
    kept = getattr(span, "attributes", None) or {}
    for name in ("http.url", "http.target", "url.full", "url.path"):
        if name in kept:
            span.set_attribute(name, path)
    if "url.query" in kept:
        span.set_attribute("url.query", "")


def current_traceparent() -> str | None:
    """Return the W3C traceparent of the current span, or None outside of a trace."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def continued(traceparent: str | None, name: str) -> Iterator[None]:
    """Run the body in a span `name` of the trace that `traceparent` belongs to, or of the current one without it."""
    parent = extract({"traceparent": traceparent}) if traceparent else None
    with trace.get_tracer(__name__).start_as_current_span(name, context=parent, kind=trace.SpanKind.CONSUMER):
        yield
