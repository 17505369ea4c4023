"""An import accounts for every filled cell: made files, and what people found it to lose."""

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck

from core.documents.driver import database as mongo
from tests.conftest import Api, Caller
from tests.leads.test_transfer import PATH, imported, leads, many, upload

HEADER = "First Name,Last Name,Email,Phone"
# Each file goes through a database: to make a failing one smaller would take minutes.
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def written(table: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(table)
    return out.getvalue().encode()


def one_lead(api: Api, caller: Caller, more: str, cells: str, **fields: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Import a person with further columns; return the answer and the lead."""
    answer = imported(api, caller, f"{HEADER},{more}\nAda,Byron,ada@example.com,5125550101,{cells}\n", **fields)
    assert answer["importedRecords"] == 1, answer
    return answer, leads()[0]


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """The cells of an answer by their column's name."""
    return {cell["header"]: cell for cell in answer["cells"]}


# -- what was lost -----------------------------------------------------------------------------------------------------
def test_an_update_sets_every_filled_cell_or_says_why_not(api: Api, manager: Caller) -> None:
    more = "Source,Priority,Tags,Notes,Company,Status,Value"
    imported(api, manager, f"{HEADER},{more}\nAda,Old,upd@example.com,5125550101,referral,high,vip,first,OldCo,new,1\n")
    second = f"{HEADER},{more}\nAda,New,UPD@example.com,5125550177,website,low,hot,second,NewCo,contacted,\n"
    answer = imported(api, manager, second, updateExisting="true")
    assert (answer["importedRecords"], answer["updatedRecords"]) == (1, 1)
    (lead,) = leads()
    contact = lead["contactInfo"]
    assert (contact["lastName"], contact["phone"], contact["email"]) == ("New", "+15125550177", "upd@example.com")
    assert (lead["phoneKey"], lead["emailKey"]) == ("+15125550177", "upd@example.com")
    assert (lead["source"], lead["priority"], lead["tags"]) == ("website", "low", ["vip", "hot"])
    assert (lead["notes"], lead["customFields"]["company"], lead["closeValue"]) == ("second", "NewCo", 1)
    assert lead["status"] == "new"
    assert answer["warnings"] == ["Row 1: status 'contacted' is not taken: the lead there is keeps 'new'"]
    assert told(answer)["Status"]["outcome"] == "notTaken"
    # The phone that became free can be somebody else's; the new one cannot.
    again = f"{HEADER}\nBo,Kim,bo@example.com,5125550101\nCy,Moe,cy@example.com,5125550177\n"
    assert imported(api, manager, again)["importedRecords"] == 1


def test_an_update_takes_no_other_leads_phone(api: Api, manager: Caller) -> None:
    imported(api, manager, many(2))
    rows = (
        f"{HEADER}\nNew,B0,a0@example.com,5120000001\nNew,B1,a1@example.com,5120000009\nX,Y,x@example.com,5120000001\n"
    )
    answer = imported(api, manager, rows, updateExisting="true")
    assert (answer["updatedRecords"], answer["skippedRecords"]) == (2, 1)
    assert answer["warnings"][0] == "Row 1: phone '+15120000001' is not taken: another lead has it"
    assert [lead["contactInfo"]["phone"] for lead in leads()] == ["+15120000000", "+15120000009"]
    assert [lead["contactInfo"]["firstName"] for lead in leads()] == ["New", "New"]


def test_leads_of_the_old_system_can_be_updated(api: Api, manager: Caller) -> None:
    imported(api, manager, many(1))
    mongo("leads")["leads"].update_one(
        {}, {"$set": {"customFields": None, "tags": None}, "$unset": {"emailKey": "", "phoneKey": ""}}
    )
    header = f"{HEADER},Tags,Roof,Street,City,State,Zip"
    row = "A,B,a0@example.com,5120000000,hot,slate,1 Main St,Austin,Texas,78701"
    assert imported(api, manager, f"{header}\n{row}\n", updateExisting="true")["updatedRecords"] == 1
    (lead,) = leads()
    assert (lead["tags"], lead["customFields"]) == (["hot"], {"Roof": "slate"})
    assert lead["contactInfo"]["address"]["state"] == "TX"


def test_a_mended_report_imports_exactly_the_failed_rows(api: Api, manager: Caller) -> None:
    content = f"{HEADER},Source,Roof,Mobile\nAda,Byron,ada.r@example.com,5125550101,carrier pigeon,,\n"
    content += "Bo,Kim,bad-mail,5125550102,website,'slate,5125550109\n"
    run = imported(api, manager, content)
    answer = api.get(f"{PATH}/imports/{run['importId']}/report", as_=manager)
    report = b"".join(answer.streaming_content).decode()
    again = imported(api, manager, report.replace("bad-mail", "bo@example.com"))
    assert (again["importedRecords"], again["failedRecords"], again["skippedRecords"]) == (1, 0, 1)
    _, bo = leads()
    assert (bo["source"], bo["customFields"]) == ("website", {"Roof": "'slate"})
    assert bo["contactInfo"]["alternatePhone"] == "+15125550109"
    columns = {column["header"]: column for column in again["columns"]}
    assert columns["message"]["reason"] == "it belongs to the report"


def test_a_report_tells_of_every_cell_when_asked(api: Api, manager: Caller) -> None:
    run = imported(api, manager, f"{HEADER},Value\nAda,Byron,A@example.com,5125550101,250k\n")
    answer = api.get(f"{PATH}/imports/{run['importId']}/report?cells=true", as_=manager)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row[:3] for row in rows[1:]] == [
        ["1", "changed", "Email 'A@example.com' is stored in email as 'a@example.com'"],
        ["1", "changed", "Phone '5125550101' is stored in phone as '+15125550101'"],
        ["1", "changed", "Value '250k' is stored in value as '250000'"],
    ]


def test_a_report_keeps_the_decimal_comma(api: Api, manager: Caller) -> None:
    header = HEADER.replace(",", ";")
    run = imported(
        api, manager, f"{header};Value\nA;B;a@example.com;5125550101;185000,50\nC;D;bad;5125550102;250.000\n"
    )
    report = b"".join(api.get(f"{PATH}/imports/{run['importId']}/report", as_=manager).streaming_content).decode()
    imported(api, manager, report.replace("bad", "c@example.com"))
    assert [lead["closeValue"] for lead in leads()] == [185_000.5, 250_000]


def test_semicolons_let_expect_a_decimal_comma(api: Api, manager: Caller) -> None:
    imported(api, manager, f"{HEADER};Value\nA;B;a@example.com;5125550101;250.000\n".replace(",", ";"))
    assert leads()[0]["closeValue"] == 250_000


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        (["185000,50", "250.000"], [185_000.5, 250_000]),
        (["185000.50", "250,000"], [185_000.5, 250_000]),
        (["99.5", "250.000"], [99.5, None]),
        (["99,5", "250,000"], [99.5, None]),
        (["$1,250", "1.2k"], [1_250, 1_200]),
        (["(500)", "250.000"], [None, None]),
        (["1,5", "1.5"], [1.5, 1.5]),
    ],
)
def test_decimals_are_decided_for_a_column(
    api: Api, manager: Caller, cells: list[str], kept: list[float | None]
) -> None:
    table = [[*HEADER.split(","), "Value"]]
    table += [["A", "B", f"a{n}@example.com", f"512555010{n}", cell] for n, cell in enumerate(cells)]
    answer = imported(api, manager, written(table))
    assert [lead.get("closeValue") for lead in leads()] == kept
    assert sum("is not taken: it" in text for text in answer["warnings"]) == kept.count(None)


def test_second_columns_are_not_lost(api: Api, manager: Caller) -> None:
    more = "Mobile,Cell,Notes,Description,Tag,Tag,a.b,a$b"
    answer, lead = one_lead(api, manager, more, "5125550199,5125550198,note,text,one,two,x,y")
    assert lead["contactInfo"]["alternatePhone"] == "+15125550199"
    custom = {"Cell": "5125550198", "Description": "text", "Tag": "one", "Tag (2)": "two", "a_b": "x", "a_b (2)": "y"}
    assert (lead["notes"], lead["customFields"]) == ("note", custom)
    assert told(answer)["Cell"] == {
        "row": 1,
        "column": 6,
        "header": "Cell",
        "outcome": "custom",
        "target": "customFields.Cell",
        "value": "5125550198",
        "stored": "5125550198",
        "reason": None,
    }
    assert [column["target"] for column in answer["columns"]][-2:] == ["customFields.a_b", "customFields.a_b (2)"]


def test_an_empty_cell_leaves_its_field_to_the_next_column(api: Api, manager: Caller) -> None:
    imported(api, manager, "Name,Email,Phone,Mobile\nAda Byron,a@example.com,,5125550101\n")
    assert leads()[0]["contactInfo"]["phone"] == "+15125550101"


def test_wide_and_ragged_files(api: Api, manager: Caller) -> None:
    wide = ",".join(f"p{number}" for number in range(300))
    answer, lead = one_lead(api, manager, f"{wide},,last_note", f"{'x,' * 300}unnamed,call after 6,beyond")
    custom = lead["customFields"]
    assert (custom["last_note"], custom["Column 305"], custom["Column 307"]) == ("call after 6", "unnamed", "beyond")
    assert len(answer["columns"]) == 307
    answer = upload(api, manager, f"{HEADER},{',x' * 1_000}\n1,2,3,4\n")
    assert (answer.status_code, "more than 1000 columns" in answer.json()["errors"][0]) == (400, True)


@pytest.mark.parametrize(
    "phone", ["555-0107", "12", "911", "555 0107", "call me", "5.1255501E+09", "1-800-FLOWERS", "5125550101 5125550102"]
)
def test_what_is_no_phone_number_is_no_lead(api: Api, manager: Caller, phone: str) -> None:
    answer = imported(api, manager, f"Name,Email,Phone\nAda Byron,a@example.com,{phone}\n")
    assert [(error["row"], error["message"]) for error in answer["errors"]] == [(1, "Invalid phone number format")]
    assert answer["errors"][0]["value"]["phone"] == phone
    assert leads() == []


def test_phones_as_forms_and_people_write_them(api: Api, manager: Caller) -> None:
    written_as = ["p:+15125550101", "tel: (512) 555-0102", "512.555.0103 (cell)", "+44 20 7946 0958", "5125550104.0"]
    rows = "".join(f"Ada Byron,a{n}@example.com,{phone}\n" for n, phone in enumerate(written_as))
    imported(api, manager, f"Name,Email,Phone\n{rows}")
    assert [lead["contactInfo"]["phone"] for lead in leads()] == [
        "+15125550101",
        "+15125550102",
        "+15125550103",
        "+442079460958",
        "+15125550104",
    ]


@pytest.mark.parametrize("phone", ["512-555-0101 x123", "+1-512-555-0101;ext=123", "512.555.0101 Ext.: 123"])
def test_an_extension_stays_with_its_number(api: Api, manager: Caller, phone: str) -> None:
    answer = imported(api, manager, f"Name,Email,Phone\nAda Byron,a@example.com,{phone}\n")
    (lead,) = leads()
    assert (lead["contactInfo"]["phone"], lead["customFields"]) == ("+15125550101", {"phoneExtension": "123"})
    assert told(answer)["Phone"]["stored"] == "+15125550101"


def test_mappings_are_told_and_never_guessed(api: Api, manager: Caller) -> None:
    header = "Owner First,Owner Last,Email,Phone 1,Geheim"
    row = "Ada,Byron,m1@example.com,5125550101,x"
    mapping = {"Owner First": "firstName", "Owner Last": "lastName", "Email": "email", "Phone 1": "phone"}
    answer = imported(api, manager, f"{header}\n{row}\n", fieldMapping=json.dumps(mapping))
    assert answer["importedRecords"] == 1
    assert answer["warnings"] == ["Columns that the field mapping does not name are not taken: 5 'Geheim'"]
    assert answer["columns"][4] == {
        "column": 5,
        "header": "Geheim",
        "target": None,
        "reason": "the field mapping does not name it",
        "filled": 1,
        "stored": 0,
        "changed": 0,
        "custom": 0,
        "notTaken": 1,
    }
    mapping = {"Email": "customFields.other", "Phone 1": "customFields.number"}
    refused = upload(api, manager, f"{header}\n{row}\n", fieldMapping=json.dumps(mapping))
    assert refused.json()["errors"] == ["Missing required fields: firstName, lastName, email"]
    unclear = upload(
        api, manager, "Name,Email,Phone,City,State\nA B,a@b.cc,5125550101,x,y\n", fieldMapping='{"City": "State"}'
    )
    assert unclear.status_code == 400
    assert "can be read in both directions" in unclear.json()["message"][0]


def test_unknown_words_and_dates_are_reported(api: Api, manager: Caller) -> None:
    more = "Status,Source,Priority,Created Date,Notes"
    answer, lead = one_lead(api, manager, more, "dreaming,pigeon,asap,2024-01-02,a\x07b")
    assert (lead["status"], lead["source"], lead["priority"], lead["notes"]) == ("new", "other", "medium", "ab")
    assert len(answer["warnings"]) == 3
    cells, columns = told(answer), {column["header"]: column for column in answer["columns"]}
    assert {name for name, cell in cells.items() if cell["outcome"] == "notTaken"} == {"Status", "Source", "Priority"}
    assert (cells["Notes"]["outcome"], cells["Notes"]["stored"]) == ("changed", "ab")
    assert (columns["Created Date"]["notTaken"], columns["Created Date"]["target"]) == (1, None)
    assert columns["Created Date"]["reason"] == "dates of creation and change are the system's own"


@pytest.mark.parametrize("state", ["TX", "tx", "Texas", " texas "])
def test_states_become_their_code(api: Api, manager: Caller, state: str) -> None:
    _, lead = one_lead(api, manager, "Street,City,State,Zip", f"1 Main St,Austin,{state},78701")
    assert lead["contactInfo"]["address"]["state"] == "TX"


def test_addresses_as_forms_and_exports_write_them(api: Api, manager: Caller) -> None:
    _, lead = one_lead(api, manager, "street_address,city,region,zip_code", "1 Main St,Austin,Texas,z:78701")
    assert list(lead["contactInfo"]["address"].values()) == ["1 Main St", "Austin", "TX", "78701"]
    more = "Property Address," + ",".join(f"Property Address - {part}" for part in ("Street Address", "City", "State"))
    row = 'C,D,c@example.com,5125550102,"2 Elm, Boise, ID",2 Elm,Boise,Idaho,83701'
    content = f"{HEADER},{more},Property Address - Postal Code\n{row}\n"
    imported(api, manager, content)
    lead = leads()[1]
    assert list(lead["contactInfo"]["address"].values()) == ["2 Elm", "Boise", "ID", "83701"]
    assert lead["customFields"] == {"Property Address": "2 Elm, Boise, ID"}


@pytest.mark.parametrize("title", ["Last, First", "Last Name, First Name", "Owner Last First"])
def test_a_column_of_both_names_is_known(api: Api, manager: Caller, title: str) -> None:
    imported(api, manager, f'"{title}",Email,Phone\n"Byron, Ada",MAILTO:Ada@example.com,5125550101\n')
    contact = leads()[0]["contactInfo"]
    assert (contact["firstName"], contact["lastName"], contact["email"]) == ("Ada", "Byron", "ada@example.com")


def test_a_second_file_is_not_lost_without_a_word(api: Api, manager: Caller) -> None:
    head = '--cut\r\nContent-Disposition: form-data; name="file"; filename="{}.csv"\r\nContent-Type: text/csv\r\n\r\n{}\r\n'
    parts = [head.format(n, f"{HEADER}\nA,B,f{n}@b.cc,512555010{n}") for n in range(2)]
    body = "".join([*parts, "--cut--\r\n"]).encode()
    answer = api.post(f"{PATH}/import", body, as_=manager, content_type="multipart/form-data; boundary=cut")
    assert (answer.status_code, answer.json()["message"]) == (400, "Only one file can be imported at a time")
    assert leads() == []


def test_tags_may_be_any_brackets(api: Api, manager: Caller) -> None:
    rows = ["A,B,t1@b.cc,5125550101," + "[" * 9_000, 'C,D,t2@b.cc,5125550102,"[""\\ud83d""]"']
    assert imported(api, manager, f"{HEADER},Tags\n" + "\n".join(rows) + "\n")["importedRecords"] == 2
    assert [lead["tags"] for lead in leads()] == [["[" * 9_000], ["\ufffd"]]


@pytest.mark.parametrize("cell", ['", ;"', "[]", '"["" ""]"'])
def test_a_cell_without_a_tag_is_not_taken(api: Api, manager: Caller, cell: str) -> None:
    answer, lead = one_lead(api, manager, "Tags", cell)
    assert (lead["tags"], told(answer)["Tags"]["outcome"]) == ([], "notTaken")
    assert answer["warnings"][0].endswith("are not taken: there are none")


def test_an_address_abroad_is_kept_whole(api: Api, manager: Caller) -> None:
    answer, lead = one_lead(api, manager, "Street,City,State,Zip", "1 King St,Toronto,Ontario,78701")
    assert lead["customFields"] == {"street": "1 King St", "city": "Toronto", "state": "Ontario", "zipCode": "78701"}
    assert answer["warnings"] == ["Row 1: state 'Ontario' is none of the USA: the address is kept in the custom fields"]


def test_cells_are_cut_to_their_field_before_they_are_read(api: Api, manager: Caller) -> None:
    content = f"Name,Email,Phone\nA B,a@{'.' * 9_000}@,5125550101\nC D,c@example.com,{'1' * 9_000}\n"
    answer = imported(api, manager, content)
    assert [error["message"] for error in answer["errors"]] == [
        "email must be shorter than or equal to 320 characters",
        "phone must be shorter than or equal to 40 characters",
    ]


def test_a_dry_run_shows_what_would_come(api: Api, manager: Caller) -> None:
    imported(api, manager, many(1))
    content = f"{HEADER},Roof\n" + "".join(f"A{n},B{n},a{n}@example.com,{5_120_000_000 + n},slate\n" for n in range(6))
    dry = imported(api, manager, f"{content}X,Y,bad,5125550101,\n", dryRun="true", skipDuplicates="true")
    assert (
        dry["dryRun"],
        dry["totalRecords"],
        dry["importedRecords"],
        dry["skippedRecords"],
        dry["failedRecords"],
    ) == (True, 7, 5, 1, 1)
    assert dry["columns"][3]["samples"][0] == {"read": "5120000001", "stored": "+15120000001", "target": "phone"}
    assert [len(column["samples"]) for column in dry["columns"]] == [3] * 5
    assert (dry["columns"][3]["target"], dry["columns"][4]["target"]) == ("phone", "customFields.Roof")
    assert (len(leads()), mongo("leads")["leadimports"].count_documents({})) == (1, 1)
    assert mongo("leads")["leadimportproblems"].count_documents({"kind": "error"}) == 0
    verdict = upload(api, manager, f"{content}X,Y,bad,5125550101,\n", what="validate", skipDuplicates="true").json()
    assert verdict["result"] == dry


def test_a_dry_run_knows_of_earlier_parts(api: Api, manager: Caller) -> None:
    rows = many(300) + "\nA0,B0,a0@example.com,5120000000"
    dry, real = (imported(api, manager, rows, **fields) for fields in ({"dryRun": "true"}, {}))
    assert dry["failedRecords"] == real["failedRecords"] == 1
    assert dry["errors"] == real["errors"]
