"""The whole way of a lead through the platform, as its users go it, in both ways to run."""

import uuid
from typing import Any

import httpx
import pytest

from ops.seed import people
from platform_services import SERVICES
from tests.system.platform import PASSWORD, Platform, lead_body, until


@pytest.fixture(params=["services", "monolith"])
def platform(request: pytest.FixtureRequest) -> Platform:
    running: Platform = request.getfixturevalue(request.param)
    return running


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201, 204), (str(answer.request.url), answer.status_code, answer.text)
    return answer.json() if answer.content else None


def founded(platform: Platform) -> tuple[httpx.Client, str]:
    """Register somebody, log in, found a tenant that an operator opens; return the client and the person's id."""
    mark, client = uuid.uuid4().hex[:8], platform.client()
    account = {"email": f"boss.{mark}@x.test", "password": PASSWORD, "firstName": "Bo", "lastName": "Ss"}
    ok(client.post("/api/auth/register", json={**account, "companyName": "Co"}))
    tokens = ok(client.post("/api/auth/login", json={"email": account["email"], "password": PASSWORD}))
    client.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
    tenant = ok(client.post("/api/tenants", json={"name": f"Tenant {mark}", "subdomain": f"t{mark}"}))
    ok(platform.client(platform.token("SUPER_ADMIN")).post(f"/api/tenants/{tenant['tenantId']}/activate"))

    def renewed() -> Any:
        tokens.update(ok(client.post("/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]})))
        return tokens["user"].get("tenantId")

    until(renewed)
    client.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
    return client, str(tokens["user"]["id"])


def test_from_registration_to_the_dashboard(platform: Platform) -> None:
    client, boss = founded(platform)
    mark = uuid.uuid4().hex[:8]
    created = client.post("/api/users", json={"email": f"a.{mark}@x.test", "firstName": "A", "lastName": "B"})
    assert ok(created)["data"]["user"]["status"] == "pending"
    buyer = {"companyName": "Buy Co", "contactName": "Bea", "email": f"b.{mark}@x.test", "phone": "5125550000"}
    ok(client.post("/api/buyers", json={**buyer, "city": "Austin", "state": "TX"}))
    lead = ok(client.post("/api/leads", json=lead_body(boss)))
    (match,) = until(lambda: ok(client.get("/api/buyers/matches")))
    assert match["matchScore"] == 90
    assert match["matchReason"] == "Property type match, Price range match, Location match"
    until(lambda: ok(client.get("/api/dashboard/realtime"))["totalLeads"] == 1)
    ok(client.put(f"/api/leads/{lead['leadId']}", json={"status": "contacted"}))
    until(
        lambda: {p["name"]: p["value"] for p in ok(client.get("/api/dashboard"))["leadPipelineData"]}["Contacted"] == 1
    )


def test_a_suspended_person_is_out_everywhere_within_five_seconds(platform: Platform) -> None:
    client, _ = founded(platform)
    tenant = ok(client.get("/api/users/me"))["data"]["user"]["tenantId"]
    mark = uuid.uuid4().hex[:8]
    person = ok(client.post("/api/users", json={"email": f"c.{mark}@x.test", "firstName": "C", "lastName": "D"}))
    path = f"/api/users/{person['data']['user']['id']}"
    ok(client.put(f"{path}/status", json={"status": "active"}))
    victim = platform.client(_token_for(platform, person["data"]["user"], tenant))
    routes = ("/api/leads", "/api/buyers", "/api/dashboard", "/api/users/me", "/api/auth/me")
    until(lambda: {victim.get(route).status_code for route in routes} == {200})
    ok(client.put(f"{path}/status", json={"status": "suspended", "reason": "test"}))
    until(lambda: {victim.get(route).status_code for route in routes} == {401})


def _token_for(platform: Platform, user: dict[str, Any], tenant: str) -> str:
    import time

    import jwt

    from ops.config import DEVELOPMENT_SECRET

    moment = int(time.time())
    claims = {"sub": user["id"], "email": user["email"], "roles": user["roles"], "tenantId": tenant}
    return jwt.encode({**claims, "iat": moment, "exp": moment + 600}, DEVELOPMENT_SECRET, algorithm="HS256")


def test_logging_out_ends_the_session_on_every_service(platform: Platform) -> None:
    client, _ = founded(platform)
    assert client.get("/api/leads").status_code == 200
    ok(client.post("/api/auth/logout"))
    until(lambda: {client.get(path).status_code for path in ("/api/leads", "/api/auth/me", "/api/users/me")} == {401})


def test_one_request_id_from_the_gateway_to_the_worker(platform: Platform) -> None:
    client, boss = founded(platform)
    mark = f"req_{uuid.uuid4().hex}"
    answer = client.post("/api/leads", json=lead_body(boss), headers={"X-Request-ID": mark})
    assert answer.headers["x-request-id"] == mark
    outbox = platform.database("leads")["outboxevents"]
    assert outbox.count_documents({"requestId": mark}) == 1


def test_the_gateway_answers_for_health_docs_and_keys(platform: Platform) -> None:
    client = platform.client()
    assert client.get("/health").status_code == 200
    assert client.get("/api/health").json()["status"] == "ok"
    assert "swagger" in client.get("/api/docs").text.lower()
    assert client.get("/.well-known/jwks.json").json()["keys"]
    names = ["monolith"] if platform.monolith else SERVICES
    for name in names:
        assert client.get(f"/api/schema/{name}").json()["openapi"].startswith("3.")
        assert client.get(f"/admin/{name}/login/").status_code == 200


def test_one_sign_in_opens_every_services_admin(services: Platform) -> None:
    services.command("seed")
    client = services.client()
    client.follow_redirects = True
    page = client.get("/admin/leads/login/")
    form = {"username": "admin@acme.test", "password": people()["password"], "next": "/admin/leads/"}
    form["csrfmiddlewaretoken"] = client.cookies["leadmesh_csrf"]
    signed_in = client.post("/admin/leads/login/", data=form, headers={"Referer": str(page.url)})
    assert str(signed_in.url).endswith("/admin/leads/")
    for name in SERVICES:
        assert str(client.get(f"/admin/{name}/").url).endswith(f"/admin/{name}/"), name
    leads = client.get("/admin/leads/leads_leads/lead/").text
    assert "Ann Agent" in leads


@pytest.mark.parametrize(
    ("path", "content", "content_type", "code"),
    [
        ("/api/leads", b'{"source":', "application/json", 400),
        ("/api/leads", b'"x"', "application/json", 400),
        ("/api/leads", b"hello", "text/plain", 400),
        ("/api/leads", b"x" * 2_000_000, "application/json", 413),
        ("/api/leads", b"\xff\xfe", "application/json", 400),
        ("/api/buyers", b'{"companyName": 5}', "application/json", 400),
        ("/api/users", b"[]", "application/json", 400),
        ("/api/tenants", b"{}", "application/json", 400),
        ("/api/auth/register", b"{}", "application/json", 400),
        ("/api/nope", b"{}", "application/json", 404),
    ],
)
def test_bad_input_gets_the_contracts_body(
    platform: Platform, path: str, content: bytes, content_type: str, code: int
) -> None:
    client = platform.client(platform.token("SUPER_ADMIN" if path == "/api/tenants" else "admin"))
    answer = client.post(path, content=content, headers={"Content-Type": content_type})
    assert answer.status_code == code
    body = answer.json()
    assert body["statusCode"] == code
    assert body["message"]
    assert body["error"]
