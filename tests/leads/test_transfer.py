"""Leads from files and into them, through the API."""

import csv
import io
import threading
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from core import runs
from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.leads.transfer import actions, tasks
from services.leads.transfer.models import IMPORTS
from services.leads.transfer.parts import Options
from tests.conftest import Api, Caller

PATH = "/api/leads/import-export"
DATA = Path(__file__).resolve().parents[1] / "data"
HEADER = "firstName,lastName,email,phone"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def form(content: bytes, kind: str = "text/csv", name: str = "leads.csv", **fields: str) -> tuple[bytes, str]:
    """A form with a file."""
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
    return b"".join(parts) + head.encode() + content + b"\r\n--b--\r\n", "multipart/form-data; boundary=b"


def upload(
    api: Api, caller: Caller, content: bytes | str, *, what: str = "import", kind: str = "text/csv", **fields: str
) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    body, content_type = form(raw, kind, **fields)
    return api.post(f"{PATH}/{what}", body, as_=caller, content_type=content_type)


def imported(api: Api, caller: Caller, content: bytes | str, **fields: str) -> dict[str, Any]:
    answer = upload(api, caller, content, **fields)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def many(count: int, first: int = 0) -> str:
    lines = [f"A{n},B{n},a{n}@example.com,{5_120_000_000 + n}" for n in range(first, first + count)]
    return "\n".join([HEADER, *lines])


def leads() -> list[dict[str, Any]]:
    return list(mongo("leads")["leads"].find({}).sort("_id", 1))


def exported(api: Api, caller: Caller, query: str = "") -> list[list[str]]:
    answer = api.get(f"{PATH}/export{query}", as_=caller)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Disposition"].startswith('attachment; filename="leads_export_')
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


def test_a_clean_file(api: Api, manager: Caller) -> None:
    result = imported(api, manager, (DATA / "clean.csv").read_bytes())
    assert (result["success"], result["totalRecords"], result["importedRecords"]) == (True, 5, 5)
    assert (result["failedRecords"], result["errors"], result["warnings"]) == (0, [], [])
    ada, grace, *_, mary = leads()
    assert ada["contactInfo"] == {
        "firstName": "Ada",
        "lastName": "Lovelace",
        "email": "ada@example.com",
        "phone": "+15125550101",
        "preferredContactMethod": "email",
    }
    assert (ada["status"], ada["priority"], ada["source"]) == ("new", "high", "referral")
    assert (ada["closeValue"], ada["score"], ada["customFields"]) == (
        250_000,
        80,
        {"company": "Engines Ltd", "title": "Owner"},
    )
    assert (grace["contactInfo"]["email"], grace["status"], grace["priority"]) == (
        "grace@example.com",
        "contacted",
        "urgent",
    )
    assert mary["contactInfo"]["phone"] == "+15125550105"
    shown = api.get(f"/api/leads/{ada['leadId']}", as_=manager).json()
    assert (shown["assignedTo"], shown["createdBy"]) == (manager.user_id, manager.user_id)
    assert "importId" not in shown
    deliver_all()
    assert mongo("analytics")["leadfacts"].count_documents({}) == 5


def test_a_dirty_file(api: Api, manager: Caller) -> None:
    result = imported(api, manager, (DATA / "dirty.csv").read_bytes())
    assert (result["totalRecords"], result["importedRecords"], result["failedRecords"]) == (7, 3, 4)
    messages = {error["row"]: error["message"] for error in result["errors"]}
    assert messages[2] == "Duplicate lead detected"
    assert "email" in messages[3].lower()
    assert "phone" in messages[4].lower()
    assert "zip" in messages[5].lower()
    assert result["errors"][0]["value"]["name"] == "Alan Turing"
    assert result["warnings"] == [
        "Row 6: Unknown status 'dreaming': new",
        "Row 6: Unknown source 'carrier pigeon': other",
        "Row 6: value 'a lot' is not taken: it is no number",
        "Row 7: The address is incomplete: kept in the custom fields",
    ]
    alan, tony, wirth = leads()
    assert alan["contactInfo"]["address"] == {
        "street": "1 Main St",
        "city": "Austin",
        "state": "TX",
        "zipCode": "78701",
    }
    assert (alan["tags"], alan["customFields"]) == (["vip", "hot", "probate"], {"Roof": "slate"})
    assert (tony["status"], tony["source"], "closeValue" in tony) == ("new", "other", False)
    assert (wirth["contactInfo"]["lastName"], wirth["closeValue"]) == ("Wirth", 5000)
    assert ("address" in wirth["contactInfo"], wirth["customFields"]) == (False, {"zipCode": "78705"})


def test_a_hostile_file_is_only_text(api: Api, manager: Caller) -> None:
    result = imported(api, manager, (DATA / "hostile.csv").read_bytes())
    assert (result["importedRecords"], result["failedRecords"]) == (4, 0)
    first, second, third, fourth = leads()
    assert first["contactInfo"]["firstName"] == '=HYPERLINK("http://evil.test")'
    assert first["customFields"] == {"company": "+SUM(A1)", "=cmd": "x", "_set_role": "admin", "a_b": "y"}
    assert second["notes"] == 'line one\nline two, with "quotes"'
    assert (third["contactInfo"]["firstName"], third["contactInfo"]["lastName"]) == ("NulByte", '{"$gt": ""}')
    assert fourth["contactInfo"]["lastName"] == "Müller-Łódź"
    rows = exported(api, manager, "?fields=firstName,notes,company,phone")
    for row in rows[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row), row
    assert ['\'=HYPERLINK("http://evil.test")', "'=1+1", "'+SUM(A1)", "'+15125550301"] in rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_of_spreadsheets(api: Api, manager: Caller, encoding: str) -> None:
    content = f"{HEADER}\nZoë,Müller,z@example.com,5125550400\n".encode(encoding)
    assert imported(api, manager, content)["importedRecords"] == 1
    assert leads()[0]["contactInfo"]["lastName"] == "Müller"


def test_a_giant_cell_is_a_problem_of_its_row(api: Api, manager: Caller) -> None:
    content = f"{HEADER},notes\nA,B,a@example.com,5125550500,{'x' * 1_000_000}\nC,D,c@example.com,5125550501,ok\n"
    result = imported(api, manager, content)
    assert (result["importedRecords"], result["failedRecords"]) == (1, 1)
    assert result["errors"][0]["message"] == "notes must be shorter than or equal to 10000 characters"


def workbook(rows: list[list[Any]]) -> bytes:
    """The smallest xlsx that holds `rows`."""
    schemas = "http://schemas.openxmlformats.org"
    document = f"{schemas}/officeDocument/2006/relationships"
    spreadsheet, relations = f"{schemas}/spreadsheetml/2006/main", f"{schemas}/package/2006/relationships"

    def cell(value: Any) -> str:
        if isinstance(value, int | float):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'

    def relation(kind: str, target: str) -> str:
        one = f'<Relationship Id="r1" Type="{document}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{relations}">{one}</Relationships>'

    cells = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    sheets = f'<sheets xmlns:r="{document}"><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
    files = {
        "_rels/.rels": relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{spreadsheet}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{spreadsheet}"><sheetData>{cells}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return out.getvalue()


def test_a_workbook(api: Api, manager: Caller) -> None:
    content = workbook([["First Name", "Last Name", "Email", "Phone"], ["Ada", "L", "ada@example.com", 5125550600]])
    assert imported(api, manager, content, kind=XLSX)["importedRecords"] == 1
    assert leads()[0]["contactInfo"]["phone"] == "+15125550600"
    answer = upload(api, manager, b"PK\x03\x04 nothing", kind=XLSX)
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid CSV structure")


@pytest.mark.parametrize(
    "mapping",
    [
        '{"firstName": "Vorname", "lastName": "Nachname", "email": "Post", "phone": "Tel"}',
        '{"Vorname": "firstName", "Nachname": "lastName", "Post": "email", "Tel": "phone"}',
    ],
    ids=["target to column", "column to target"],
)
def test_columns_may_be_mapped(api: Api, manager: Caller, mapping: str) -> None:
    content = "Vorname,Nachname,Post,Tel,Geheim\nA,B,a@example.com,5125550700,x\n"
    assert imported(api, manager, content, fieldMapping=mapping)["importedRecords"] == 1
    (lead,) = leads()
    assert (lead["contactInfo"]["firstName"], lead["customFields"]) == ("A", {})


def test_a_mapping_that_is_none_is_refused(api: Api, manager: Caller) -> None:
    for sent in ("[1]", "{", '{"a": 1}'):
        answer = upload(api, manager, many(1), fieldMapping=sent)
        assert (answer.status_code, answer.json()["message"]) == (
            400,
            ["fieldMapping must be a JSON object of texts"],
        )


def test_duplicates_by_policy(api: Api, manager: Caller) -> None:
    imported(api, manager, many(2))
    again = many(3).replace("A0,", "Changed,").replace("a1@example.com", "other@example.com")
    plain = imported(api, manager, again)
    assert (plain["importedRecords"], plain["failedRecords"]) == (1, 2)
    skipped = imported(api, manager, again, skipDuplicates="true")
    assert (skipped["success"], skipped["importedRecords"], skipped["failedRecords"]) == (True, 0, 0)
    assert skipped["warnings"][0] == "Row 1: Duplicate lead found (a0@example.com)"
    assert imported(api, manager, again, skipDuplicates="false")["failedRecords"] == 3
    updated = imported(api, manager, again, updateExisting="true")
    # The row with a known phone and another e-mail is not that person.
    assert (updated["importedRecords"], len(updated["warnings"])) == (2, 1)
    first = leads()[0]
    assert (first["contactInfo"]["firstName"], first["rev"]) == ("Changed", 2)
    assert len(leads()) == 3


def test_a_lead_that_is_almost_the_same_is_pointed_out(api: Api, manager: Caller) -> None:
    header, there = f"{HEADER},street,city,state,zip", "12 Elm Street,Austin,TX,78701"
    imported(api, manager, f"{header}\nJonathan,Smith,js@example.com,5125550800,{there}\n")
    rows = (
        f"Jonathon,Smith,jon@other.com,5125550801,{there}\nZed,Young,z@example.com,5125550802,1 Oak,Austin,TX,78701\n"
    )
    result = imported(api, manager, f"{header}\n{rows}")
    assert result["importedRecords"] == 2
    (warning,) = result["warnings"]
    assert warning.startswith(f"Row 1: Probably the same as lead {leads()[0]['_id']}")


def test_an_import_in_the_background(api: Api, manager: Caller) -> None:
    answer = upload(api, manager, many(600), background="true")
    assert answer.status_code == 202
    run = answer.json()
    assert (run["status"], run["progress"], run["totalRecords"]) == ("pending", 0, 600)
    (waiting,) = runs.waiting(IMPORTS)
    tasks.go_on(str(waiting))
    told = api.get(f"{PATH}/imports/{run['importId']}", as_=manager).json()
    assert (told["status"], told["progress"], told["importedRecords"]) == ("completed", 100, 600)
    assert [one["importId"] for one in api.get(f"{PATH}/imports", as_=manager).json()] == [run["importId"]]
    assert mongo("leads")["outboxevents"].count_documents({"name": "lead.created"}) == 600


def test_a_killed_worker_leaves_the_rest_to_the_next(api: Api, manager: Caller) -> None:
    run = actions.start_import(manager.scope, "x.csv", many(700).encode(), {}, Options(), background=True)
    taken = runs._take(IMPORTS, run["_id"])
    assert taken
    assert runs._do(IMPORTS, taken, actions.step)
    told = api.get(f"{PATH}/imports/{run['importId']}", as_=manager).json()
    assert (told["status"], told["progress"], told["importedRecords"]) == ("processing", 36, 250)
    mongo("leads")["leadimports"].update_one({}, {"$set": {"leaseUntil": now() - timedelta(seconds=1)}})
    threads = [threading.Thread(target=tasks.go_on, args=(str(run["_id"]),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs._do(IMPORTS, taken, actions.step) is None
    assert len({lead["emailKey"] for lead in leads()}) == len(leads()) == 700
    assert mongo("leads")["outboxevents"].count_documents({"name": "lead.created"}) == 700


def test_two_imports_of_the_same_file_at_once_make_each_lead_once(api: Api, manager: Caller) -> None:
    started = [
        actions.start_import(manager.scope, "x.csv", many(300).encode(), {}, Options(), background=True)
        for _ in range(2)
    ]
    threads = [threading.Thread(target=tasks.go_on, args=(str(run["_id"]),)) for run in started]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [api.get(f"{PATH}/imports/{run['importId']}", as_=manager).json() for run in started]
    assert [one["status"] for one in told] == ["completed", "completed"]
    assert (
        sum(one["importedRecords"] for one in told) == sum(one["failedRecords"] for one in told) == len(leads()) == 300
    )


def test_the_report_is_a_file_to_mend(api: Api, manager: Caller) -> None:
    content = f"{HEADER},company\nA,B,bad,5125550900,=cmd\nC,D,c@example.com,5125550901,\n"
    run = imported(api, manager, content)
    answer = api.get(f"{PATH}/imports/{run['importId']}/report", as_=manager)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert rows[0] == ["row", "kind", "message", "firstName", "lastName", "email", "phone", "company"]
    assert (rows[1][:2], rows[1][3:]) == (["1", "error"], ["A", "B", "bad", "5125550900", "'=cmd"])
    assert len(rows) == 2


def test_an_import_can_be_taken_back(api: Api, manager: Caller) -> None:
    run = imported(api, manager, many(300))
    touched = leads()[0]
    api.put(f"/api/leads/{touched['leadId']}", {"notes": "called"}, as_=manager)
    answer = api.post(f"{PATH}/imports/{run['importId']}/undo", as_=manager)
    assert answer.status_code == 201
    told = answer.json()
    assert (told["kind"], told["status"], told["importedRecords"], told["failedRecords"]) == (
        "undo",
        "completed",
        299,
        1,
    )
    assert api.get("/api/leads?limit=1", as_=manager).json()["total"] == 1
    deliver_all()
    assert mongo("buyers")["buyerleads"].count_documents({"deletedAt": None}) == 1
    # Asked again it tells the same; the leads can be imported anew.
    assert api.post(f"{PATH}/imports/{run['importId']}/undo", as_=manager).json()["importedRecords"] == 299
    assert imported(api, manager, many(300))["importedRecords"] == 299
    bad = api.post(f"{PATH}/imports/undo_{run['importId']}/undo", as_=manager)
    assert (bad.status_code, bad.json()["message"]) == (400, "Only completed imports can be undone")
    mongo("leads")["leadimports"].update_many({}, {"$set": {"createdAt": now() - timedelta(days=2)}})
    late = api.post(f"{PATH}/imports/{run['importId']}/undo", as_=manager)
    assert late.json()["message"] == "This import cannot be undone any more"


def test_limits(api: Api, manager: Caller) -> None:
    answer = upload(api, manager, many(10_001))
    assert (answer.status_code, answer.json()["message"]) == (400, "CSV file has more than 10000 rows")
    assert mongo("leads")["leadimportparts"].count_documents({}) == 0
    answer = upload(api, manager, f"{HEADER}\n".encode() + b"x" * (10 * 1024 * 1024))
    assert (answer.status_code, answer.json()["message"]) == (400, "File is larger than 10 MB")
    verdict = upload(api, manager, many(10_001), what="validate").json()
    assert verdict["isValid"]
    assert verdict["warnings"] == ["Large file: 10001 rows; more than 10000 are imported in the background"]


def test_a_file_is_checked_without_a_trace(api: Api, manager: Caller) -> None:
    verdict = upload(api, manager, many(3), what="validate").json()
    assert (verdict["isValid"], verdict["errors"], verdict["warnings"]) == (True, [], [])
    assert verdict["result"]["importedRecords"] == 3
    lacking = upload(api, manager, "foo,bar\n1,2\n", what="validate").json()
    assert lacking["errors"] == ["Missing required fields: firstName, lastName, email"]
    assert leads() == []
    assert mongo("leads")["leadimports"].count_documents({}) == 0


def test_no_file_and_wrong_files(api: Api, manager: Caller) -> None:
    for what in ("import", "validate"):
        answer = api.post(f"{PATH}/{what}", as_=manager)
        assert (answer.status_code, answer.json()["message"]) == (400, "No file uploaded")
        body, content_type = form(b"%PDF-1.7", name="leads.csv")
        answer = api.post(f"{PATH}/{what}", body, as_=manager, content_type=content_type)
        assert (answer.status_code, answer.json()["message"]) == (
            400,
            "Invalid file type. Please upload a CSV file. This is a PDF.",
        )
    answer = upload(api, manager, "foo\n1\n")
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "message": "Invalid CSV structure",
            "errors": ["Missing required fields: firstName, lastName, email"],
            "warnings": [],
        },
    )


def test_another_tenants_imports_are_not_there(api: Api, manager: Caller, outsider: Caller) -> None:
    run = imported(api, manager, many(2))
    for path in (f"imports/{run['importId']}", f"imports/{run['importId']}/report"):
        answer = api.get(f"{PATH}/{path}", as_=outsider)
        assert (answer.status_code, answer.json()["message"]) == (404, "Import not found")
    assert api.post(f"{PATH}/imports/{run['importId']}/undo", as_=outsider).status_code == 404
    assert api.get(f"{PATH}/imports", as_=outsider).json() == []
    assert api.get(f"{PATH}/export", as_=outsider).status_code == 204
    assert imported(api, outsider, many(2))["importedRecords"] == 2


def test_who_may(api: Api, agent: Caller, viewer: Caller, operator: Caller) -> None:
    for what in ("import", "validate"):
        assert upload(api, agent, many(1), what=what).status_code == 403
    for path in ("imports", "imports/x", "imports/x/report"):
        assert api.get(f"{PATH}/{path}", as_=agent).status_code == 403
    assert api.post(f"{PATH}/imports/x/undo", as_=agent).status_code == 403
    for path in ("export", "template"):
        assert api.get(f"{PATH}/{path}", as_=viewer).status_code == 403
    answer = upload(api, operator, many(1))
    assert (answer.status_code, answer.json()["message"]) == (403, "User does not have access to this tenant")
