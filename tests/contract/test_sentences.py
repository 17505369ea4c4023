"""What the rules behind the validators say, in the old system's words and order."""

from typing import Any

import pytest

from tests.conftest import Api, Caller
from tests.system.platform import lead_body

ADDRESS = {"street": "1 Main St", "city": "Austin", "state": "TX", "zipCode": "78701"}
PERSON = {"email": "n@acme.test", "firstName": "N", "lastName": "M"}


def fault(field: str, message: str, code: str = "REQUIRED_FIELD") -> dict[str, str]:
    return {"field": field, "message": message, "code": code}


LEADS = {
    "blank parts": (
        {"contactInfo": {"address": dict.fromkeys(ADDRESS, " ")}},
        [
            fault("address.street", "Street address is required"),
            fault("address.city", "City is required"),
            fault("address.state", "State is required"),
            fault("address.zipCode", "ZIP code is required"),
        ],
    ),
    "a zip code": (
        {"contactInfo": {"address": {**ADDRESS, "zipCode": "787"}}},
        [fault("address.zipCode", "Invalid ZIP code format", "INVALID_ZIP_CODE")],
    ),
    "no amount": (
        {"financialInfo": {"preApproved": True, "preApprovalAmount": 0, "employmentStatus": "employed"}},
        [
            fault(
                "financialInfo.preApprovalAmount",
                "Pre-approval amount is required when pre-approved is true",
                "MISSING_PREAPPROVAL_AMOUNT",
            )
        ],
    ),
    "a phone": ({"contactInfo": {"phone": "12"}}, [fault("contactInfo.phone", "Invalid phone number format", "INVALID_PHONE")]),
}


@pytest.mark.parametrize("name", LEADS)
def test_a_lead_is_refused_in_these_sentences(api: Api, manager: Caller, name: str) -> None:
    wrong, expected = LEADS[name]
    body = lead_body(manager.user_id)
    sent = {**body, **wrong, "contactInfo": {**body["contactInfo"], **wrong.get("contactInfo", {})}}
    answer = api.post("/api/leads", sent, as_=manager)
    assert (answer.status_code, answer.json()) == (400, {"message": "Lead validation failed", "errors": expected})
    made = api.post("/api/leads", body, as_=manager).json()
    changed = api.put(f"/api/leads/{made['leadId']}", {**sent, "status": "closed_won"} | {"assignedTo": None}, as_=manager)
    # The transition is looked at when nothing else is wrong.
    assert changed.json()["errors"] == expected


def test_names_may_be_blanked_by_an_update_only(api: Api, manager: Caller) -> None:
    body = lead_body(manager.user_id)
    blank = {**body["contactInfo"], "firstName": "", "phone": ""}
    refused = api.post("/api/leads", {**body, "contactInfo": blank}, as_=manager).json()["errors"]
    assert [one["message"] for one in refused] == ["First name is required", "Phone number is required"]
    made = api.post("/api/leads", body, as_=manager).json()
    answer = api.put(f"/api/leads/{made['leadId']}", {"contactInfo": blank}, as_=manager)
    assert (answer.status_code, answer.json()["contactInfo"]["firstName"]) == (200, "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"firstName": ""}, "First name must be between 1 and 50 characters"),
        ({"displayName": "x" * 101}, "Display name must be between 1 and 100 characters"),
        ({"profile": {"phone": "0-1"}}, "Invalid phone number format"),
        ({"profile": {"website": "nope"}}, "Invalid website URL format"),
        ({"profile": {"socialMedia": {"linkedin": "x"}}}, "Invalid LinkedIn URL format"),
        ({"tags": ["x"] * 11}, "Maximum 10 tags allowed"),
        ({"tags": ["x" * 21]}, "Tags must be between 1 and 20 characters"),
    ],
)
def test_a_person_is_refused_in_these_sentences(api: Api, admin: Caller, change: dict[str, Any], message: str) -> None:
    answer = api.post("/api/users", PERSON | change, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_an_empty_display_name_is_none(api: Api, admin: Caller) -> None:
    assert api.post("/api/users", PERSON | {"displayName": ""}, as_=admin).status_code == 201


def test_a_taken_name_is_told_before_a_bad_subdomain(api: Api, operator: Caller) -> None:
    assert api.post("/api/tenants", {"name": "Gamma", "subdomain": "gamma"}, as_=operator).status_code == 201
    for body, status in (({"name": "Gamma", "subdomain": "-"}, 409), ({"name": "Delta", "subdomain": "-"}, 400)):
        assert api.post("/api/tenants", body, as_=operator).status_code == status
