"""Files as people upload them: told by name and content, read in every dialect, refused with a sentence."""

from typing import Any

import pytest

from core.documents.driver import database as mongo
from services.leads.transfer import api as transfer
from tests.conftest import Api, Caller
from tests.core.test_workbooks import HOSTILE
from tests.leads.test_transfer import PATH, form, leads

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ADA = "First Name,Last Name,Email,Phone\nAda,Byron,ada@example.com,5125550101\n"


def sent(api: Api, caller: Caller, content: bytes | str, name: str, kind: str, *, what: str = "import") -> Any:
    body, content_type = form(content.encode() if isinstance(content, str) else content, kind, name)
    return api.post(f"{PATH}/{what}", body, as_=caller, content_type=content_type)


@pytest.mark.parametrize(
    ("name", "kind", "delimiter"),
    [
        ("leads.csv", "application/octet-stream", ","),
        ("leads.csv", "application/vnd.ms-excel", ";"),
        ("leads.tsv", "text/tab-separated-values", "\t"),
        ("leads.txt", "text/plain", "|"),
        ("leads", "", ","),
        ("LEADS.CSV", "text/csv", ","),
    ],
)
def test_the_type_that_the_client_guesses_is_not_looked_at(
    api: Api, manager: Caller, name: str, kind: str, delimiter: str
) -> None:
    for what in ("validate", "import"):
        answer = sent(api, manager, ADA.replace(",", delimiter), name, kind, what=what)
        assert answer.status_code == 201, answer.content
    assert (answer.json()["importedRecords"], len(leads())) == (1, 1)


@pytest.mark.parametrize(("name", "kind"), [("leads.pdf", "text/csv"), ("leads.json", "text/csv")])
def test_other_files_are_refused_by_name(api: Api, manager: Caller, name: str, kind: str) -> None:
    for what in ("validate", "import"):
        answer = sent(api, manager, ADA, name, kind, what=what)
        assert (answer.status_code, answer.json()["error"]) == (400, "Bad Request")
        assert answer.json()["message"].startswith("Invalid file type. Please upload a CSV file. This is a ")


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_workbooks(api: Api, manager: Caller, kind: str) -> None:
    make, told = HOSTILE[kind]
    answer = sent(api, manager, make(), "leads.xlsx", XLSX)
    assert answer.status_code == 400
    assert told in str(answer.json())
    assert mongo("leads")["leadimports"].count_documents({}) == 0
    verdict = sent(api, manager, make(), "leads.xlsx", XLSX, what="validate")
    assert told in str(verdict.json())


def test_an_unclosed_quote_swallows_no_lead(api: Api, manager: Caller) -> None:
    content = (
        "Name,Email,Phone,Notes\nAda Byron,q1@example.com,5125550101,ok\n"
        'Bo Kim,q2@example.com,5125550102,"unclosed\nCy Moe,q3@example.com,5125550103,ok\nDi Ro,q4@example.com,5125550104,ok\n'
    )
    answer = sent(api, manager, content, "leads.csv", "text/csv").json()
    assert (answer["totalRecords"], answer["importedRecords"], answer["failedRecords"]) == (4, 3, 1)
    (error,) = answer["errors"]
    assert (error["row"], error["message"]) == (2, "the quoted cell that begins in this row never ends")
    assert error["value"]["email"] == "q2@example.com"


def test_what_was_noticed_about_a_file_is_told(api: Api, manager: Caller) -> None:
    content = "Name,Email,Phone\nZoë Lee,z@example.com,5125550101\n".encode("cp1252")
    note = "The file is not in UTF-8 and was read as Western European (Windows)"
    assert note in sent(api, manager, content, "leads.csv", "text/csv", what="validate").json()["warnings"]
    assert note in sent(api, manager, content, "leads.csv", "text/csv").json()["warnings"]


def test_a_cell_that_would_keep_a_pattern_busy_is_a_problem_of_its_row(api: Api, manager: Caller) -> None:
    hostile = "a@" + "." * 9_990 + "@"
    rows = "".join(f"A{number},B,{hostile},5125550101\n" for number in range(100))
    answer = sent(api, manager, f"{ADA}{rows}", "leads.csv", "text/csv").json()
    assert (answer["importedRecords"], answer["failedRecords"]) == (1, 100)
    body = {"contactInfo": {"firstName": "A", "lastName": "B", "email": hostile, "phone": "5125550101"}}
    assert api.post("/api/leads", body, as_=manager).status_code == 400


def test_while_others_are_being_read_a_file_waits_and_comes_again(
    api: Api, manager: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.sheets.opening._PATIENCE", 0)
    monkeypatch.setattr("core.sheets.opening._TURN", _Taken())
    answer = sent(api, manager, ADA, "leads.csv", "text/csv")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


class _Taken:
    def acquire(self, timeout: float) -> bool:
        return False


def test_who_sends_many_files_at_once_waits_alone(
    api: Api, manager: Caller, admin: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four slow senders are all that a service has threads for: one person gets one of them."""
    answers: dict[str, Any] = {}
    read = transfer._uploaded

    def reading(request: Any) -> Any:
        if not answers:
            answers["begun"] = None
            for what in ("validate", "import"):
                answers[what] = sent(api, manager, ADA, "leads.csv", "text/csv", what=what)
            answers["theirs"] = sent(api, admin, ADA, "leads.csv", "text/csv", what="validate")
        return read(request)

    monkeypatch.setattr(transfer, "_uploaded", reading)
    assert sent(api, manager, ADA, "leads.csv", "text/csv").status_code == 201
    for what in ("validate", "import"):
        answer = answers[what]
        assert (answer.status_code, answer["Retry-After"]) == (429, "5")
        assert answer.json()["message"].startswith("Another file of yours is being read")
    assert answers["theirs"].status_code == 201
    assert sent(api, manager, ADA, "leads.csv", "text/csv", what="validate").status_code == 201
