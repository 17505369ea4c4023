"""Which status may follow which: every pair of the contract's table."""

import pytest

from core.documents.driver import database as mongo
from services.leads.leads.rules import STATUSES
from tests.conftest import Api, Caller
from tests.contract.transitions import allowed
from tests.leads.test_leads import create

TABLE = allowed("leads-rules.md")


def test_the_contracts_table_has_every_status() -> None:
    assert set(TABLE) == set(STATUSES)


@pytest.mark.parametrize("old", STATUSES)
def test_a_single_change_follows_the_table(api: Api, admin: Caller, old: str) -> None:
    for new in STATUSES:
        lead = create(api, admin, status=old)
        answer = api.put(f"/api/leads/{lead['leadId']}", {"status": new}, as_=admin)
        stored = api.get(f"/api/leads/{lead['leadId']}", as_=admin).json()["status"]
        if new in {old, *TABLE[old]}:
            assert (answer.status_code, stored) == (200, new)
        else:
            assert (answer.status_code, stored, new) == (400, old, new)
            fault = {"field": "status", "message": f"Invalid status transition from {old} to {new}"}
            assert answer.json()["errors"] == [fault | {"code": "INVALID_STATUS_TRANSITION"}]


def test_an_unknown_stored_status_counts_as_new(api: Api, admin: Caller) -> None:
    lead = create(api, admin)
    mongo("leads")["leads"].update_one({"leadId": lead["leadId"]}, {"$set": {"status": "CALL_BACK"}})
    path = f"/api/leads/{lead['leadId']}"
    assert api.put(path, {"status": "closed_won"}, as_=admin).status_code == 400
    assert api.put(path, {"status": "contacted"}, as_=admin).json()["status"] == "contacted"
