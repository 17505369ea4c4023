"""Rules that explain differences explain no more than they say."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.shadow.explanations import Explanation, Judge, explanations
from services.auth.passwords.rules import CLASSES
from tests.contract.declared import Operation, operations
from tests.contract.recorded import asked_of, differences

RULES = explanations()

TENANT_HEADER = Explanation("*", "why", old=(200,), new=(403,), header="x-tenant-id", says="no access")
LOWERED = Explanation("POST /api/users", "why", member="*.email", kind="lowered")


def concerned(rule: Explanation) -> list[Operation]:
    """Return the operations of the contract that a rule may be about."""
    sample = {one: re.sub(r"{\w+}", "a" * 24, one.path) for one in operations()}
    method = "OPTIONS" if rule.operation.startswith("OPTIONS") else ""
    return [one for one, path in sample.items() if rule.is_about(f"{method or one.method} {path}")]


def left(rule: Explanation, old: Any, new: Any, **request: Any) -> list[str]:
    sent = {"method": "POST", "path": "/api/users", "headers": {}, "body": None} | request
    return [str(one) for one in Judge([rule]).unexplained(asked_of(sent), list(differences(old, new, {})))]


@pytest.mark.parametrize(
    ("request_", "message", "explained"),
    [
        ({"headers": {"x-tenant-id": "a"}}, "You have no access", True),
        ({"headers": {"x-tenant-id": "a"}}, ["no access", "b"], True),
        ({"headers": {"x-tenant-id": "a"}}, "Forbidden resource", False),
        ({"headers": {}}, "You have no access", False),
    ],
)
def test_a_status_is_explained_by_header_and_message(request_: Any, message: Any, explained: bool) -> None:
    found = [*differences(200, 403, {}, "status"), *differences({"a": 1}, {"message": message}, {})]
    sent = {"method": "GET", "path": "/api/leads", "body": None} | request_
    assert (not Judge([TENANT_HEADER]).unexplained(asked_of(sent), found)) is explained


def test_only_lower_case_explains_a_lowered_member() -> None:
    assert not left(LOWERED, {"user": {"email": "A@B.cd"}}, {"user": {"email": "a@b.cd"}})
    assert left(LOWERED, {"user": {"email": "A@B.cd"}}, {"user": {"email": "x@b.cd"}})
    assert left(LOWERED, {"user": {"email": "A@B.cd"}}, {"user": {}})


def test_every_rule_is_about_operations_of_the_contract_and_gives_a_reason() -> None:
    strangers = [rule.operation for rule in RULES if not rule.said.startswith("Cannot ") and not concerned(rule)]
    assert (strangers, [rule for rule in RULES if not rule.reason]) == ([], [])


def test_a_rule_for_every_operation_names_what_it_replaces() -> None:
    wide = [rule for rule in RULES if rule.operation == "*" or rule.operation.endswith(" /api/*")]
    assert wide
    assert not [rule for rule in wide if not (rule.said or rule.says or rule.least_bytes or rule.after or rule.callers or rule.header or rule.member.startswith("header "))]


# Statuses of ours that the YAML does not declare; differences.md tells each.
OURS = {
    ("GET /api/auth/google", 503),
    ("GET /api/auth/google/callback", 503),
    ("POST /api/auth/register/google", 503),
    ("GET /api/users/{oid}/activity", 404),
    ("GET /api/users/{oid}/status-history", 404),
    ("GET /api/leads/queue/*", 400),
    ("GET /api/leads/bulk/history", 400),
    ("GET /api/leads/queue/items", 400),
    ("DELETE /api/users/{}", 400),
}


def test_a_rule_allows_only_statuses_that_its_operations_declare() -> None:
    faults = {
        (rule.operation, status)
        for rule in RULES
        for status in rule.new
        if not rule.said.startswith("Cannot ")
        and status not in {code for one in concerned(rule) for code in one.answers} | {401, 403}
    }
    assert faults == OURS


@dataclass(frozen=True)
class Regression:
    """A request of a caller, the recorded status with its message, and what a faulty release answers."""

    request: str
    caller: str
    old: tuple[int, Any]
    new: tuple[int, Any]
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    variant: str = "repaired"


NO_TENANT, NO_ACCESS = "Tenant context not found", "User does not have access to this tenant"
FORBIDDEN, LEAD = "Forbidden resource", "10000000-0000-4000-8000-000000000001"
TENANT, PERSON = "20000000-0000-4000-8000-000000000001", "64a0000000000000000000a3"
API_HOST, HEADER = {"host": "api.crm.test"}, {"x-tenant-id": "64b000000000000000000002"}

REGRESSIONS = [
    # Bodies: a small one that used to be taken, and an answer that has nothing to do with its size.
    Regression("POST /api/leads", "admin", (413, "request entity too large"), (201, ""), body={"notes": "x"}),
    Regression("POST /api/leads", "admin", (413, "request entity too large"), (404, "Lead not found"), body="x" * 200_000),
    Regression("POST /api/users", "admin", (413, "request entity too large"), (403, FORBIDDEN), body="x" * 200_000),
    # Hosts: another refusal than that of the tenant, and answers that no such operation has.
    Regression("GET /api/leads", "admin", (401, "Unauthorized"), (200, ""), API_HOST),
    Regression("GET /api/leads", "admin", (401, NO_TENANT), (409, "A document with these values already exists"), API_HOST),
    Regression("GET /api/leads", "admin", (401, NO_TENANT), (403, FORBIDDEN), API_HOST),
    Regression("POST /api/leads", "admin", (401, NO_TENANT), (404, "Cannot POST /api/leads"), API_HOST),
    Regression("GET /api/leads", "admin", (401, NO_TENANT), (200, "")),
    # Headers: another message, no header.
    Regression("GET /api/leads", "admin", (200, ""), (403, FORBIDDEN), HEADER),
    Regression("GET /api/leads", "admin", (200, ""), (403, NO_ACCESS)),
    Regression("GET /api/leads", "other", (403, FORBIDDEN), (200, ""), HEADER),
    # Users whom nothing has named: other refusals.
    Regression("GET /api/leads", "ghost", (401, "User account is suspended"), (200, "")),
    Regression("GET /api/leads", "ghost", (401, "Token validation failed"), (400, "")),
    Regression("GET /api/leads", "badsig", (401, "Unauthorized"), (200, "")),
    # Roles that the old system refused.
    Regression("GET /api/tenants", "viewer", (403, FORBIDDEN), (200, "")),
    Regression("GET /api/tenants", "admin", (403, FORBIDDEN), (400, "")),
    Regression("POST /api/tenants", "admin", (403, FORBIDDEN), (201, "")),
    Regression(f"PUT /api/tenants/{TENANT}", "manager", (403, FORBIDDEN), (200, "")),
    Regression(f"DELETE /api/tenants/{TENANT}", "admin", (403, FORBIDDEN), (204, "")),
    Regression("POST /api/rbac/roles", "manager", (403, FORBIDDEN), (201, "")),
    Regression("DELETE /api/rbac/roles/67e000000000000000000001", "admin", (403, FORBIDDEN), (409, "")),
    Regression("POST /api/leads", "viewer", (403, FORBIDDEN), (201, "")),
    Regression("POST /api/leads", "user", (403, FORBIDDEN), (404, "Lead not found")),
    Regression("GET /api/leads", "viewer", (403, FORBIDDEN), (200, "")),
    Regression(f"GET /api/leads/{LEAD}", "user", (403, FORBIDDEN), (400, "")),
    Regression(f"DELETE /api/leads/{LEAD}", "user", (403, FORBIDDEN), (204, "")),
    Regression("GET /api/leads/stats", "user", (403, FORBIDDEN), (404, "Lead not found")),
    Regression("GET /api/leads/scoring/configuration", "user", (403, FORBIDDEN), (200, "")),
    Regression("POST /api/leads/communication/sms", "viewer", (403, FORBIDDEN), (201, "")),
    Regression("GET /api/leads/communication/templates", "agent", (403, FORBIDDEN), (404, "")),
    # Refusals of ours where the old system served.
    Regression(f"DELETE /api/users/{PERSON}", "admin", (204, ""), (404, "User not found")),
    Regression(f"PUT /api/users/{PERSON}", "admin", (200, ""), (404, "User not found")),
    Regression("POST /api/users", "admin", (201, ""), (403, FORBIDDEN)),
    Regression("POST /api/leads", "manager", (201, ""), (400, ["notes must be a string"])),
    Regression("GET /api/auth/profile", "admin", (200, ""), (401, "Unauthorized")),
    Regression("GET /api/auth/profile", "garbage", (200, ""), (401, "Unauthorized")),
    Regression("POST /api/auth/refresh", "admin", (200, ""), (401, "Invalid refresh token")),
    Regression("POST /api/auth/register/google", "", (400, "Registration failed: Google access token is required"), (503, "")),
    # Server errors: what the operation never answers.
    Regression("GET /api/leads", "admin", (500, ""), (404, "Cannot GET /api/leads")),
    Regression("GET /api/users/x", "admin", (500, ""), (409, "")),
    Regression("POST /api/admin/invitations", "admin", (500, ""), (400, "")),
    Regression("GET /api/rbac/roles/x", "viewer", (500, ""), (401, "Unauthorized")),
    # Routes that the old system lacked: those that the contract lacks as well.
    Regression(f"PATCH /api/leads/{LEAD}", "admin", (404, f"Cannot PATCH /api/leads/{LEAD}"), (200, "")),
    Regression("GET /api/nope", "admin", (404, "Cannot GET /api/nope"), (200, "")),
    # Filters that the old system could not read.
    Regression("GET /api/leads?page=0", "admin", (400, ["page must not be less than 1"]), (200, "")),
    Regression("GET /api/leads?page=x", "admin", (400, ["page must be a number conforming to the specified"]), (200, "")),
    Regression("GET /api/rbac/roles?isActive=x", "viewer", (400, ["isActive must be a boolean value"]), (200, "")),
    # Passwords.
    Regression(
        "POST /api/auth/reset-password",
        "",
        (400, [CLASSES]),
        (400, "Invalid or expired reset token"),
        body={"token": "x", "newPassword": "weak!pass"},
    ),
    # Bulk operations and queues.
    Regression("POST /api/leads/bulk/update", "admin", (201, ""), (400, ["leadIds must be an array"]), body={"leadIds": []}),
    Regression("GET /api/leads/queue/items", "admin", (200, ""), (400, "limit reached")),
    Regression("DELETE /api/leads/queue/66d000000000000000000001", "manager", (200, ""), (403, FORBIDDEN)),
    Regression(f"GET /api/leads/scoring/explain/{LEAD}", "admin", (200, ""), (404, "Lead not found")),
    # Test mode.
    Regression("GET /api/leads/queue/stats", "", (401, "Unauthorized"), (200, "")),
    Regression("GET /api/leads/queue/stats", "viewer", (401, "Unauthorized"), (200, ""), variant="testmode"),
]


@pytest.mark.parametrize("case", REGRESSIONS, ids=[f"{one.request} {one.caller} {one.old[0]} {one.new[0]}" for one in REGRESSIONS])
def test_an_invented_regression_stays_unexplained(case: Regression) -> None:
    method, _, path = case.request.partition(" ")
    headers = {**case.headers, **({"authorization": f"Bearer <jwt:{case.caller}>"} if case.caller else {})}
    sent = {"method": method, "path": path, "headers": headers, "body": case.body}
    old, new = ({"status": status, "message": message} for status, message in (case.old, case.new))
    found = [*differences(old["status"], new["status"], {}, "status"), *differences(old["message"], new["message"], {}, ".message")]
    assert Judge(RULES, case.variant).unexplained(asked_of(sent), found)


def test_a_token_ends_with_its_own_logout_only() -> None:
    judge, ended = Judge(RULES), [*differences(200, 401, {}, "status")]
    logout = {"method": "POST", "path": "/api/auth/logout", "headers": {"authorization": "Bearer <jwt:agent>"}, "body": None}
    read = {"method": "GET", "path": "/api/auth/profile", "headers": {"authorization": "Bearer <jwt:agent>"}, "body": None}
    assert judge.unexplained(asked_of(read), ended)
    judge.unexplained(asked_of(logout), [])
    assert not judge.unexplained(asked_of(read), ended)
    assert judge.unexplained(asked_of({**read, "headers": {"authorization": "Bearer <jwt:manager>"}}), ended)
