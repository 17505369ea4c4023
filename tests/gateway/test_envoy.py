"""A real Envoy in front of small servers: routing, errors, retries, limits, CORS, ids."""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from core.observability.context import acceptable_request_id
from gateway import browsers, limits
from gateway import envoy as gateway
from ops.parts import envoy
from platform_services import SERVICES
from tests.parts import free_port
from tests.system.platform import ROOT, until


class Stub:
    """A service that answers with what it was asked; `status`, `pause` and `resets` make it misbehave."""

    def __init__(self, name: str) -> None:
        stub = self
        self.name, self.status, self.pause, self.resets, self.requests = name, 200, 0.0, False, 0
        self.answers: dict[str, bytes] = {}

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                healthy = self.path == "/health/ready"
                if not healthy:
                    stub.requests += 1
                    time.sleep(stub.pause)
                    if stub.resets:
                        self.reset()
                        return
                told = {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}
                body = stub.answers.get(self.path) or json.dumps(told).encode()
                head = f"HTTP/1.1 {200 if healthy else stub.status} X\r\ncontent-length: {len(body)}\r\n"
                head += f"content-type: application/json\r\nx-leadmesh-instance: {stub.name}\r\n\r\n"
                self.wfile.write(head.encode() + body)

            def reset(self) -> None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = answer

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.server.server_port)


class Gateway:
    """An Envoy with one stub per service."""

    def __init__(self, folder: Path, ready: tuple[str, ...] = (), **changes: Any) -> None:
        self.folder = folder
        self.settings = gateway.Settings(port=free_port(), folder=folder, **{"rate_limit": 100_000, **changes})
        self.part = envoy.start(gateway.write_all(self.settings), self.settings.port, folder / "envoy.log")
        self.client = httpx.Client(base_url=self.part.uri, timeout=40)
        self.stubs = {service: Stub(service) for service in SERVICES}
        for service, stub in self.stubs.items():
            self.endpoints(service, stub)
        until(lambda: all(self.client.get(path).status_code == 200 for path in ready or PATHS), 10)
        for stub in self.stubs.values():
            stub.requests = 0

    def endpoints(self, service: str, *stubs: Stub, extra: tuple[tuple[str, int], ...] = ()) -> None:
        gateway.write_endpoints(self.folder, service, [*(stub.address for stub in stubs), *extra])


PATHS = ("/api/auth/me", "/api/users", "/api/leads", "/api/buyers", "/api/dashboard")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("gateway"))
    yield running
    running.part.stop(2)


@pytest.fixture(autouse=True)
def behaved(request: pytest.FixtureRequest) -> None:
    if "front" in request.fixturenames:
        for stub in request.getfixturevalue("front").stubs.values():
            stub.status, stub.pause, stub.resets, stub.requests = 200, 0.0, False, 0
        # An instance that misbehaved in the test before may still be left alone by the gateway.
        client = request.getfixturevalue("front").client
        until(lambda: all(client.get(path).status_code == 200 for path in PATHS), 15)


@pytest.mark.parametrize(
    ("path", "service", "seen"),
    [
        ("/api/leads?x=1", "leads", "/api/leads?x=1"),
        ("/API/Leads/Stats", "leads", "/API/Leads/Stats"),
        ("/api/leads/", "leads", "/api/leads/"),
        ("/api/ai/leads/1/match-buyers", "buyers", "/api/ai/leads/1/match-buyers"),
        ("/api/reports/pipeline", "analytics", "/api/reports/pipeline"),
        ("/api/api/leads/1", "leads", "/api/leads/1"),
        ("/auth/google", "auth", "/api/auth/google"),
        ("/leads/import-export/template", "leads", "/api/leads/import-export/template"),
        ("/.well-known/jwks.json", "auth", "/.well-known/jwks.json"),
    ],
)
def test_paths_reach_their_owner(front: Gateway, path: str, service: str, seen: str) -> None:
    answer = front.client.get(path)
    assert answer.headers["x-leadmesh-instance"] == service
    assert answer.json()["path"] == seen


@pytest.mark.parametrize(
    "path",
    ["/", "/leads", "/api/leadsheet", "/api//leads", "/internal/leads/export/leads", "/metrics", "/health/checks"],
)
def test_what_no_service_owns_is_not_found_in_the_contracts_words(front: Gateway, path: str) -> None:
    answer = front.client.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"statusCode": 404, "message": f"Cannot GET {path}", "error": "Not Found"}


def test_a_service_without_instances_is_unavailable_at_once(front: Gateway) -> None:
    front.endpoints("leads")
    try:
        answer = until(lambda: (found := front.client.post("/api/leads")).status_code == 503 and found)
        assert answer.json()["statusCode"] == 503
        assert answer.json()["error"] == "Service Unavailable"
        assert answer.elapsed.total_seconds() < 1
        assert front.client.get("/api/buyers").status_code == 200
        assert front.client.get("/health").status_code == 503
    finally:
        front.endpoints("leads", front.stubs["leads"])
        until(lambda: front.client.get("/api/leads").status_code == 200, 10)
        until(lambda: front.client.get("/health").status_code == 200, 10)


def test_reads_are_tried_again_elsewhere_writes_are_not(front: Gateway) -> None:
    other = Stub("leads-2")
    front.endpoints("leads", front.stubs["leads"], other)
    until(lambda: front.client.get("/api/leads").headers["x-leadmesh-instance"] == "leads-2", 10)
    front.stubs["leads"].status = 503
    assert {front.client.get("/api/leads").status_code for _ in range(20)} == {200}
    front.stubs["leads"].requests = other.requests = 0
    codes = {front.client.post("/api/leads", json={}).status_code for _ in range(20)}
    assert codes == {200, 503}
    assert front.stubs["leads"].requests + other.requests == 20
    front.stubs["leads"].status = 200
    front.endpoints("leads", front.stubs["leads"])


def test_a_dead_address_costs_no_read(front: Gateway) -> None:
    front.endpoints("buyers", front.stubs["buyers"], extra=(("127.0.0.1", 1),))
    assert {front.client.get("/api/buyers").status_code for _ in range(40)} == {200}
    front.endpoints("buyers", front.stubs["buyers"])


def test_too_large_a_body_is_refused_in_the_contracts_words(front: Gateway) -> None:
    answer = front.client.post("/api/leads", content=b"x" * 12_000_000)
    assert answer.status_code == 413
    assert answer.json() == {"statusCode": 413, "message": "request entity too large", "error": "Payload Too Large"}


def test_too_long_an_address_is_refused_in_the_contracts_words(front: Gateway) -> None:
    assert front.client.get(f"/api/leads?search={'a' * 12_000}").status_code == 200
    for length in (17_000, 60_000):
        answer = front.client.get(f"/api/leads?search={'a' * length}")
        assert (answer.status_code, answer.json()["error"]) == (431, "Request Header Fields Too Large")


def told(front: Gateway, request: str, origin: str = "http://localhost:3001") -> tuple[int, dict[str, str], str]:
    """Send the head `request` from a page of `origin`; return status, headers and body."""
    with socket.create_connection(("127.0.0.1", front.settings.port), timeout=10) as connection:
        connection.sendall(f"{request}\r\nOrigin: {origin}\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    head, _, body = received.decode().partition("\r\n\r\n")
    status, *headers = head.split("\r\n")
    return (
        int(status.split()[1]),
        {name.lower(): value for name, _, value in (h.partition(": ") for h in headers)},
        body,
    )


OWN_ANSWERS = {
    404: "GET /api/pipeline/stages HTTP/1.1\r\nHost: x",
    400: "GET /api/%00 HTTP/1.1\r\nHost: x",
    431: f"GET /api/leads?{'a' * 20_000} HTTP/1.1\r\nHost: x",
}


@pytest.mark.parametrize("status", OWN_ANSWERS)
def test_a_page_can_read_the_gateways_own_answers(front: Gateway, status: int) -> None:
    code, headers, body = told(front, OWN_ANSWERS[status])
    assert (code, json.loads(body)["statusCode"]) == (status, status)
    assert headers["access-control-allow-origin"] == "http://localhost:3001"
    assert headers["access-control-allow-credentials"] == "true"
    assert "Retry-After" in headers["access-control-expose-headers"]
    # A path that cannot be read is refused before any filter.
    assert status == 400 or headers["vary"] == "Origin"
    assert "access-control-allow-origin" not in told(front, OWN_ANSWERS[status], "http://evil.test")[1]


def test_a_page_can_read_that_its_body_is_too_large(front: Gateway) -> None:
    answer = front.client.post("/api/leads", content=b"x" * 1_100_000, headers={"Origin": "http://localhost:3001"})
    assert answer.status_code == 413
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3001"
    assert answer.headers["vary"] == "Origin"


def test_a_page_can_read_that_a_service_is_away(front: Gateway) -> None:
    front.endpoints("leads")
    try:
        until(lambda: front.client.post("/api/leads").status_code == 503)
        code, headers, _ = told(front, "POST /api/leads HTTP/1.1\r\nHost: x\r\nContent-Length: 0")
        assert (code, headers["access-control-allow-origin"], headers["retry-after"], headers["vary"]) == (
            503,
            "http://localhost:3001",
            "2",
            "Origin",
        )
    finally:
        front.endpoints("leads", front.stubs["leads"])
        until(lambda: front.client.get("/api/leads").status_code == 200, 10)


@pytest.mark.parametrize("path", ["/api/leads", "/api/leads/communication/bulk/sms", "/api/nobody"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_every_method_and_header_passes_the_preflight(front: Gateway, path: str, method: str) -> None:
    code, headers, _ = told(front, f"OPTIONS {path} HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: {method}")
    assert (code, headers["vary"]) == (200, "Origin")
    assert method in headers["access-control-allow-methods"].split(", ")
    allowed = headers["access-control-allow-headers"].lower().split(", ")
    assert {"idempotency-key", "if-match", "content-encoding"} <= set(allowed)


def test_every_header_that_a_service_reads_is_allowed() -> None:
    sources = [
        path.read_text(encoding="utf-8") for path in [*ROOT.glob("core/**/*.py"), *ROOT.glob("services/**/*.py")]
    ]
    read = {name for text in sources for name in re.findall(r"META\.get\(\"HTTP_(\w+)\"", text)}
    # Set by proxies, browsers themselves, and a provider's server.
    by_others = {"X_FORWARDED_FOR", "USER_AGENT", "X_TWILIO_SIGNATURE", "TRANSFER_ENCODING", "ORIGIN", "HOST", "COOKIE"}
    allowed = {name.upper().replace("-", "_") for name in browsers.ALLOWED}
    assert "IDEMPOTENCY_KEY" in read
    assert read - by_others <= allowed


def test_a_refused_origin_is_told(front: Gateway) -> None:
    asked = "OPTIONS /api/leads HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: POST"
    for origin in ("http://evil.test", "null", "http://localhost:3001.evil.test", "http://localhostx3001"):
        code, headers, body = told(front, asked, origin)
        assert (code, "access-control-allow-origin" in headers) == (403, False)
        assert json.loads(body) == {
            "statusCode": 403,
            "message": f"Origin {origin} is not one of the front ends that may call this API",
            "error": "Forbidden",
        }


def test_a_proxy_in_front_may_speak_http_1_0(front: Gateway) -> None:
    for request in ("GET /api/leads HTTP/1.0", "GET /api/leads HTTP/1.0\r\nHost: crm.test"):
        code, _, body = told(front, request)
        assert (code, json.loads(body)["path"]) == (200, "/api/leads")
    with socket.create_connection(("127.0.0.1", front.settings.port), timeout=10) as connection:
        for _ in range(2):
            connection.sendall(b"GET /api/leads HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert b"200" in connection.recv(65_536)
        connection.sendall(b"GET /api/leads HTTP/1.0\r\n\r\n")
        while connection.recv(65_536):
            pass


def test_head_passes(front: Gateway) -> None:
    answer = front.client.head("/api/nobody")
    assert (answer.status_code, answer.content) == (404, b"")


UNUSABLE = ["a b", "a" * 129, "a\u00e9", "a,b", "", "<script>", "a/b", "a\tb"]


@pytest.mark.parametrize("sent", [*UNUSABLE, "a" * 128, "req_1_a.B:c-d"])
def test_an_unusable_request_id_is_replaced_once(front: Gateway, sent: str) -> None:
    answer = front.client.get("/api/leads", headers={"X-Request-ID": sent.encode()})
    shown = answer.headers["x-request-id"]
    assert shown == answer.json()["headers"]["x-request-id"] == acceptable_request_id(shown)
    assert (shown == sent) == (sent not in UNUSABLE)
    until(lambda: f'"request_id":"{shown}"' in (front.folder / "envoy.log").read_text(encoding="utf-8"))


def test_several_request_ids_are_none(front: Gateway) -> None:
    answer = front.client.get("/api/leads", headers=[("X-Request-ID", "a"), ("X-Request-ID", "b")])
    assert answer.headers["x-request-id"] == answer.json()["headers"]["x-request-id"] not in ("a", "b", "a,b")


def test_the_front_end_may_call_from_its_origins_only(front: Gateway) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,x-request-id"}
    answer = front.client.options("/api/leads", headers={"Origin": "http://localhost:3001", **asked})
    assert answer.headers["access-control-allow-origin"] == "http://localhost:3001"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    stranger = front.client.get("/api/leads", headers={"Origin": "http://evil.test"})
    assert "access-control-allow-origin" not in stranger.headers
    real = front.client.get("/api/leads", headers={"Origin": "http://localhost:3000"})
    assert "Content-Disposition" in real.headers["access-control-expose-headers"]


def test_a_request_id_is_kept_or_made_and_passed_on(front: Gateway) -> None:
    kept = front.client.get("/api/leads", headers={"X-Request-ID": "req_1_abc"})
    assert kept.headers["x-request-id"] == kept.json()["headers"]["x-request-id"] == "req_1_abc"
    made = front.client.get("/api/leads")
    assert made.headers["x-request-id"] == made.json()["headers"]["x-request-id"]


def test_trace_context_passes_through(front: Gateway) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert front.client.get("/api/leads", headers={"traceparent": parent}).json()["headers"]["traceparent"] == parent


def test_the_callers_address_is_appended_last(front: Gateway) -> None:
    seen = front.client.get("/api/leads", headers={"X-Forwarded-For": "1.2.3.4"}).json()["headers"]["x-forwarded-for"]
    entries = [entry.strip() for entry in seen.split(",")]
    # For a loopback caller Envoy writes the machine's own address; what matters is that it writes one.
    assert len(entries) == 2
    assert entries[0] == "1.2.3.4" != entries[-1]


def test_the_access_log_is_json_without_query_strings(front: Gateway) -> None:
    mark = f"req_{time.time_ns()}"
    front.client.get("/api/leads?token=secret-in-query", headers={"X-Request-ID": mark})

    def logged() -> Any:
        lines = (front.folder / "envoy.log").read_text(encoding="utf-8").splitlines()
        return next((json.loads(line) for line in lines if mark in line), None)

    entry = until(logged)
    assert (entry["path"], entry["status"], entry["service"], entry["instance"]) == (
        "/api/leads",
        200,
        "leads",
        "leads",
    )
    assert "secret-in-query" not in (front.folder / "envoy.log").read_text(encoding="utf-8")


def test_the_access_log_does_not_show_a_token_in_the_path(front: Gateway) -> None:
    for path in ("/api/auth/validate-invitation/s3cr3t-t0ken", "/auth/Validate-Invitation/s3cr3t-t0ken?x=1"):
        front.client.get(path)
    log = front.folder / "envoy.log"
    shown = '"path":"/api/auth/validate-invitation/..."'
    until(lambda: log.read_text(encoding="utf-8").count(shown) == 2)
    assert "s3cr3t-t0ken" not in log.read_text(encoding="utf-8")


def test_every_address_is_limited_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """2,000 addresses behind a trusted proxy, two requests each for ever: the third is refused, whoever came in between."""
    monkeypatch.setattr(limits, "_bucket", lambda _: {"max_tokens": 2, "tokens_per_fill": 1, "fill_interval": "3600s"})
    front = Gateway(tmp_path, proxies=1, ready=("/health",))
    addresses = [f"10.0.{number // 250}.{number % 250}" for number in range(2000)]
    try:
        before = psutil.Process(front.part.pid).memory_info().rss
        for expected in (404, 404, 429):
            told_from = [{"X-Forwarded-For": f"1.2.3.4, {address}"} for address in addresses]
            codes = {front.client.get("/nobody", headers=headers).status_code for headers in told_from}
            assert codes == {expected}
        limited = front.client.get("/nobody", headers={"X-Forwarded-For": addresses[0]})
        told = limited.json()
        assert (told["retryAfter"], told["statusCode"], limited.headers["retry-after"]) == (1, 429, "1")
        assert psutil.Process(front.part.pid).memory_info().rss - before < 30_000_000
    finally:
        front.part.stop(2)


def test_no_flood_of_one_address_empties_every_callers_bucket(front: Gateway) -> None:
    (rate,) = [one["typed_config"] for one in _manager(front)["http_filters"] if "ratelimit" in one["name"]]
    assert (rate["always_consume_default_token_bucket"], rate["max_dynamic_descriptors"] >= 10_000) == (False, True)


def _manager(front: Gateway) -> Any:
    bootstrap = json.loads((front.folder / "bootstrap.json").read_text(encoding="utf-8"))
    return bootstrap["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
