"""Made files: every filled cell is accounted for, and what is told adds up with what is stored."""

from typing import Any

from bson import ObjectId
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.documents.driver import database as mongo
from core.documents.scope import TenantScope
from core.imports.accounts import KINDS
from core.imports.columns import plan_of, widened
from core.imports.numbers import shown
from core.imports.rows import Kind, Reader, Survey
from core.sheets.table import Contents
from core.sheets.text import read_text
from services.leads.transfer import actions, queries
from services.leads.transfer.columns import SUBJECT, fields_of, finish, tags_text
from services.leads.transfer.parts import Options
from services.leads.transfer.rendering import rehearsed, result
from tests.leads.test_import_accounts import HEADER, SLOW, written

NAMES = [
    "First Name",
    "firstName",
    "Last Name",
    "Email",
    "E-mail Address",
    "Phone",
    "Mobile",
    "Cell",
    "Full Name",
    "Owner Name",
]
NAMES += [
    "Street",
    "Property Address",
    "Mailing City",
    "City",
    "State",
    "Zip",
    "Value",
    "Est. Value",
    "Score",
    "Status",
    "Lead Source",
]
NAMES += [
    "Priority",
    "Tags",
    "Notes",
    "Description",
    "Company",
    "Title",
    "Created Date",
    "a.b",
    "a$b",
    "",
    " ",
    "x" * 120,
    "Column 9",
]
headers = st.lists(st.sampled_from(NAMES) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=14)
cells = st.sampled_from(
    [
        "",
        " ",
        "a",
        "A b",
        "Byron, Ada",
        "185000,50",
        "250.000",
        "1,250",
        "(500)",
        "1.2k",
        "80",
        "new",
        "Contacted",
        "dreaming",
        "referral",
    ]
    + [
        "urgent",
        "vip; hot",
        "TX",
        "Texas",
        "Ontario",
        "78701",
        "787",
        "512-555-0199",
        "911",
        "p:+15125550199",
        "'=1+1",
        "=1+1",
        "''+x",
    ]
    + ["a\x00b", "\x00", "x" * 300, "x" * 10_001, "a@b.cc", "A@B.CC", "a@", '["a; b"]', '"', "line\nbreak"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@st.composite
def files(draw: st.DrawFn) -> list[list[str]]:
    """A header, and rows of which most have what a lead must have."""
    more = draw(headers)
    rows = []
    for number in range(draw(st.integers(1, 4))):
        own = ["Ada", "Byron", f"p{draw(st.integers(0, 3))}@example.com", f"512555010{draw(st.integers(0, 3))}"]
        own = draw(st.sampled_from([own, own, own, ["", *own[1:]], [*own[:3], "911"]]))
        rows.append([*own, *draw(st.lists(cells, max_size=len(more) + 2)), f"row {number}"])
    return [[*HEADER.split(","), *more], *rows]


def read_back(content: bytes) -> list[list[str]]:
    """The file as the house reads it, here in this process."""
    contents = Contents(read_text(content))
    return [contents.header, *(line.cells for line in contents.lines())]


def in_lead(lead: dict[str, Any], target: str) -> str:
    """What a lead has at a target of the answer, as an export would write it."""
    front, _, name = target.partition(".")
    if front == "customFields":
        return lead["customFields"][name]
    field, place = SUBJECT.by_name[target], lead
    for member in field.path.split("."):
        place = place[member]
    return shown(place) if field.numbers else tags_text(place) if isinstance(place, list) else place


def check_account(table: list[list[str]], answer: dict[str, Any], found: list[dict[str, Any]]) -> None:
    """Every filled cell is in a lead where the answer says, or the answer says that it is not; and the sums add up."""
    rows = table[1:]
    counted = answer["importedRecords"] + answer["skippedRecords"] + answer["failedRecords"]
    assert counted == answer["totalRecords"] == len(rows)
    assert len(found) == answer["importedRecords"] - answer["updatedRecords"]
    for column in answer["columns"]:
        filled = sum(1 for row in rows if len(row) >= column["column"] and row[column["column"] - 1].strip())
        assert column["filled"] == filled == sum(column[kind] for kind in KINDS)
    lost = {error["row"]: error for error in answer["errors"]}
    skipped = {int(text.split()[1].rstrip(":")) for text in answer["warnings"] if "Duplicate lead found" in text}
    by_mail = {lead["contactInfo"]["email"]: lead for lead in found}
    for number, row in enumerate(rows, 1):
        if number in lost:
            assert len(lost[number]["value"]) == sum(1 for cell in row if cell.strip()) + 1, (row, lost[number])
        elif number not in skipped:
            cells = {cell["column"]: cell for cell in answer["cells"] if cell["row"] == number}
            check_row(row, by_mail[row[2]], answer["columns"], cells)


def check_row(row: list[str], lead: dict[str, Any], columns: list[Any], cells: dict[int, Any]) -> None:
    for column in columns:
        text = row[column["column"] - 1].strip() if len(row) >= column["column"] else ""
        cell = cells.get(column["column"])
        if not text:
            assert cell is None
        elif cell is None and column["target"] is None:
            assert column["reason"]
        elif cell is None:
            assert in_lead(lead, column["target"]) == text, column
        elif cell["outcome"] == "notTaken":
            assert cell["reason"]
        else:
            assert cell["stored"] == in_lead(lead, cell["target"])[:200], cell
            assert cell["value"] == text[:200]


@settings(max_examples=12, deadline=None, suppress_health_check=SLOW, phases=[Phase.generate])
@given(files(), st.booleans())
def test_every_filled_cell_has_its_place(database: None, table: list[list[str]], skip: bool) -> None:
    content = written(table)
    scope, options = TenantScope.of_tenant(str(ObjectId()), str(ObjectId())), Options(skip_duplicates=skip)
    dry = rehearsed(*actions.rehearse(scope, "x.csv", content, {}, options))
    run = actions.go_on(scope, actions.start_import(scope, "x.csv", content, {}, options, background=False))
    asked = queries.problems(scope, run["importId"]), queries.cells(scope, run["importId"])
    answer = result(run, *asked)
    found = list(mongo("leads")["leads"].find({"importId": run["importId"]}))
    check_account(read_back(content), answer, found)
    # A dry run says the same, before anything was there.
    for column in dry["columns"]:
        column.pop("samples", None)
    assert dry == {**{name: value for name, value in answer.items() if name != "importId"}, "dryRun": True}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files())
def test_every_filled_cell_has_one_outcome(table: list[list[str]]) -> None:
    plan = plan_of(SUBJECT, table[0], {})
    survey = Survey(SUBJECT, plan.columns)
    for row in table[1:]:
        survey.see(row)
    columns = survey.styled(widened(SUBJECT, plan.columns, survey.width, mapped=False), comma=False)
    reader = Reader(SUBJECT, columns, finish)
    for line in table[1:]:
        row = reader.row(line)
        filled = {number for number, cell in enumerate(line, 1) if cell.strip()}
        assert row.outcomes.keys() == filled
        assert all(one.reason for one in row.outcomes.values() if one.kind == Kind.NOT_TAKEN)
        if row.faults:
            assert all(one.kind == Kind.NOT_TAKEN for one in row.outcomes.values())
            continue
        lead = fields_of(row)
        for one in row.outcomes.values():
            if one.kind == Kind.STORED:
                assert in_lead(lead, one.place) == one.text
            elif one.kind != Kind.NOT_TAKEN:
                place = f"customFields.{one.place}" if one.kind == Kind.CUSTOM else one.place
                assert in_lead(lead, place) == one.stored
