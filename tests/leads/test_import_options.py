"""What an import is asked to do: read in full or refused, and done in the time that a request has."""

from typing import Any

import pytest

from core.events.testing import deliver_all
from services.leads.transfer import api as transfer
from tests.conftest import Api, Caller
from tests.leads.test_import_files import ADA
from tests.leads.test_transfer import PATH, form, imported, leads, many, upload


@pytest.mark.parametrize("what", ["import", "validate"])
@pytest.mark.parametrize("name", ["dryrun", "dry_run", "skipDuplicate", "batchSize", "defaultStatus"])
def test_an_option_that_there_is_not_imports_nothing(api: Api, manager: Caller, what: str, name: str) -> None:
    body, content_type = form(ADA.encode())
    in_form = upload(api, manager, ADA, what=what, **{name: "true"})
    in_query = api.post(f"{PATH}/{what}?{name}=true", body, as_=manager, content_type=content_type)
    for answer in (in_form, in_query):
        assert (answer.status_code, answer.json()["message"]) == (400, [f"property {name} should not exist"])
    assert leads() == []


@pytest.mark.parametrize("name", ["dryRun", "background", "skipDuplicates", "updateExisting"])
def test_an_option_is_yes_or_no(api: Api, manager: Caller, name: str) -> None:
    answer = upload(api, manager, ADA, **{name: "maybe"})
    assert (answer.status_code, answer.json()["message"]) == (400, [f"{name} must be a boolean value"])
    assert leads() == []
    for no in ("", "false", "FALSE", "0", "no", "off"):
        assert upload(api, manager, ADA, what="validate", **{name: no}).status_code == 201


@pytest.mark.parametrize(
    ("option", "counted"), [("skipDuplicates", "skippedRecords"), ("updateExisting", "updatedRecords")]
)
def test_an_option_may_stand_in_the_query(api: Api, manager: Caller, option: str, counted: str) -> None:
    imported(api, manager, ADA)
    body, content_type = form(ADA.encode())
    again = api.post(f"{PATH}/import?{option}=true", body, as_=manager, content_type=content_type).json()
    assert (again[counted], again["failedRecords"]) == (1, 0)


def test_an_import_longer_than_a_request_goes_on_in_the_worker(
    api: Api, manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway would end the request, and its sender would think that nothing came of it."""
    monkeypatch.setattr(transfer, "_SECONDS", 0)
    queued: list[Any] = []
    monkeypatch.setattr(transfer, "enqueue", lambda task, run_id: queued.append((task, run_id)))
    answer = upload(api, manager, many(600))
    assert (answer.status_code, answer.json()["status"]) == (202, "processing")
    ((task, run_id),) = queued
    task(run_id)
    assert api.get(f"{PATH}/imports/{answer.json()['importId']}", as_=manager).json()["importedRecords"] == 600
    assert len(leads()) == 600
    deliver_all()


def test_a_rehearsal_longer_than_a_request_says_so(api: Api, manager: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "_SECONDS", 0)
    for answer in (upload(api, manager, ADA, dryRun="true"), upload(api, manager, ADA, what="validate")):
        assert (answer.status_code, answer["Retry-After"]) == (503, "30")


def test_a_title_above_the_header_is_told(api: Api, manager: Caller) -> None:
    content = "Leads of November,,,\n,,,\n" + ADA
    answer = upload(api, manager, content)
    assert answer.status_code == 400
    assert "looks like the header: remove the lines above it" in answer.json()["errors"][-1]


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("Byron Ada", "Ada", "Byron"),
        ('"Byron, Ada"', "Ada", "Byron"),
        ("Byron Ada M", "Ada M", "Byron"),
        ("Acme Homes LLC", "Acme", "Homes LLC"),
    ],
)
def test_a_header_that_says_the_order_of_names_is_believed(
    api: Api, manager: Caller, cell: str, first: str, last: str
) -> None:
    imported(api, manager, f'"Last, First",Email,Phone\n{cell},ada@example.com,5125550101\n')
    contact = leads()[0]["contactInfo"]
    assert (contact["firstName"], contact["lastName"]) == (first, last)
