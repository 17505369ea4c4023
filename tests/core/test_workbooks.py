"""Excel workbooks: read as a stream, bounded, and as spreadsheets show them."""

import io
import resource
import struct
import zipfile
from xml.sax.saxutils import escape

import pytest

from core.sheets import Unreadable, open_sheet
from core.sheets.table import Contents, letters_of
from core.sheets.workbook import read_workbook
from tests.core.test_sheets import cells

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def xlsx(*sheets: str, styles: str = "", texts: str = "", states: dict[int, str] | None = None, **more: bytes) -> bytes:
    """A workbook with these sheets' XML."""
    numbers = range(1, len(sheets) + 1)
    shown = "".join(
        f'<sheet name="S{n}" sheetId="{n}" state="{(states or {}).get(n, "visible")}" r:id="r{n}"/>' for n in numbers
    )
    related = "".join(
        f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    related += f'<Relationship Id="s" Type="{RELATIONS}/styles" Target="styles.xml"/>'
    related += f'<Relationship Id="t" Type="{RELATIONS}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
    files: dict[str, str | bytes] = {
        "_rels/.rels": f'<R><Relationship Id="a" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></R>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{shown}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<R>{related}</R>",
        "xl/styles.xml": f"<styleSheet>{styles}</styleSheet>",
        "xl/sharedStrings.xml": f"<sst>{texts}</sst>",
        **{
            f"xl/worksheets/sheet{n}.xml": f"<worksheet>{sheet}</worksheet>"
            for n, sheet in zip(numbers, sheets, strict=True)
        },
        **more,
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def text_cell(value: str, place: str = "") -> str:
    return f'<c{f" r={place!r}" if place else ""} t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def sheet(*rows: list[str]) -> str:
    filled = "".join(f"<row>{''.join(map(text_cell, row))}</row>" for row in rows)
    return f"<sheetData>{filled}</sheetData>"


def book(content: bytes) -> tuple[list[str], list[list[str]], list[str]]:
    contents = Contents(read_workbook(content))
    return contents.header, cells(list(contents.lines())), contents.notes


def test_cells_of_a_workbook_are_what_a_spreadsheet_shows() -> None:
    styles = (
        '<numFmts><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm"/><numFmt numFmtId="165" formatCode="00000"/>'
        '<numFmt numFmtId="166" formatCode="[Red]&quot;days&quot; 0.00"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="20"/></cellXfs>'
    )
    texts = "<si><t>Ann</t><rPh><t>no</t></rPh></si><si><r><t>B</t></r><r><t>o_x000D_</t></r></si>"
    cases = [
        ("<c><v>5125550101</v></c>", "5125550101"),
        ("<c><v>5125550101.0</v></c>", "5125550101"),
        ("<c><v>5.125550101E9</v></c>", "5125550101"),
        ("<c><v>1E+20</v></c>", "1" + "0" * 20),
        ("<c><v>0.30000000000000004</v></c>", "0.3"),
        ('<c t="str"><f>A1</f><v>00123</v></c>', "00123"),
        ("<c><f>1+1</f><v>2</v></c>", "2"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c s="1"><v>46353</v></c>', "2026-11-27"),
        ('<c s="2"><v>46353.5</v></c>', "2026-11-27T12:00:00"),
        ('<c s="5"><v>0.25</v></c>', "06:00:00"),
        ('<c t="d"><v>2026-11-27</v></c>', "2026-11-27"),
        ('<c s="3"><v>1234</v></c>', "01234"),
        ('<c s="4"><v>12.5</v></c>', "12.5"),
        ('<c t="s"><v>0</v></c>', "Ann"),
        ('<c t="s"><v>1</v></c>', "Bo"),
        ('<c t="e"><v>#DIV/0!</v></c>', "#DIV/0!"),
    ]
    titles = "".join(text_cell(f"t{n}") for n in range(len(cases)))
    made = f"<sheetData><row>{titles}</row><row>{''.join(cell for cell, _ in cases)}</row></sheetData>"
    _, (row,), notes = book(xlsx(made, styles=styles, texts=texts))
    assert row == [text for _, text in cases]
    assert notes == ["Row 1: Q holds the error #DIV/0!"]


def test_what_a_workbook_holds_besides_is_told() -> None:
    one, two = sheet(["Name"], ["Ann"]), sheet(["Name"], ["Bo"])
    header, rows, notes = book(xlsx(sheet(), two, one, one, states={2: "hidden", 4: "hidden"}))
    assert (header, rows) == (["Name"], [["Ann"]])
    assert notes == ['The hidden sheet "S2" was not read', 'The hidden sheet "S4" was not read']
    assert book(xlsx(two, states={1: "hidden"}))[1:] == (
        [["Bo"]],
        ['Only the hidden sheet "S1" holds anything: it was read'],
    )
    merged = one + '<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'
    assert book(xlsx(merged))[2] == ["The sheet has merged cells: only the first of each holds its value"]
    formula = f"<sheetData><row>{text_cell('a')}</row><row>{text_cell('x')}<c><f>A1</f></c></row></sheetData>"
    assert book(xlsx(formula))[2] == ["Row 1: B holds a formula without its result"]


def test_cells_stand_where_they_say() -> None:
    first = f'<row r="7">{text_cell("a", "B7")}{text_cell("b", "D7")}</row>'
    second = f'<row r="9">{text_cell("x", "D9")}</row>'
    assert book(xlsx(f"<sheetData>{first}{second}</sheetData>"))[:2] == (["", "a", "", "b"], [["", "", "", "x"]])
    assert [letters_of(number) for number in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


def test_an_empty_rectangle_costs_nothing() -> None:
    styled = '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="str"><v>Name</v></c><c r="XFD1" s="1"/></row>'
    rows = "".join(f'<row r="{number}"><c r="XFD{number}" s="0"/></row>' for number in range(3, 5_000))
    assert book(xlsx(f'{styled}<row r="2"><c r="A2" t="str"><v>Ann</v></c></row>{rows}</sheetData>'))[1] == [["Ann"]]


def far() -> bytes:
    """1.5 kB with its last cell far away: 15.7 GB for a reader that lays out the rectangle."""
    return xlsx(f"<sheetData><row>{text_cell('a', 'A1')}</row><row>{text_cell('b', 'XFD30000')}</row></sheetData>")


def bomb(megabytes: int) -> bytes:
    """Less than a megabyte that is many of them unpacked."""
    body = b"<si><t>aaaaaaaa</t></si>"
    return xlsx(sheet(["a"], ["b"]), **{"xl/sharedStrings.xml": b"<sst>" + body * (megabytes * 2**20 // len(body))})


HOSTILE = {
    "far cell": (far, "more than 1000 columns: XFD is filled"),
    "bomb": (lambda: bomb(250), "larger than 200 MB unpacked"),
    "small bomb": (lambda: bomb(20), "packed more than 200 times"),
    "entities": (
        lambda: xlsx(
            sheet(["a"]),
            **{"xl/worksheets/sheet1.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'},
        ),
        "document type",
    ),
    "parts": (lambda: xlsx(sheet(["a"]), **{f"x/{n}": b"" for n in range(2_001)}), "more than 2000 parts"),
    "broken": (lambda: xlsx(sheet(["a"]))[:400], "damaged"),
    "broken xml": (lambda: xlsx("<sheetData><row><c>"), "damaged"),
    "bad shared text": (lambda: xlsx('<sheetData><row><c t="s"><v>99</v></c></row></sheetData>'), "damaged"),
    "archive": (lambda: _zip({"leads.csv": b"a,b"}), "an archive and no workbook"),
    "ods": (lambda: _zip({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "an OpenDocument file"),
    "password": (lambda: _encrypted(xlsx(sheet(["a"], ["b"]))), "has a password"),
}


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _encrypted(content: bytes) -> bytes:
    """The same archive, whose directory says that all members are encrypted."""
    return content.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02" + struct.pack("<HHH", 0x0314, 20, 1))


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_workbooks_are_refused_and_cost_this_process_nothing(kind: str) -> None:
    make, told = HOSTILE[kind]
    content = make()
    assert len(content) < 2**20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unreadable, match=told):
        open_sheet("leads.xlsx", content)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


def test_a_workbook_that_unpacks_to_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    # Texts that do not pack so well that the ratio would tell.
    texts = b"".join(b"<si><t>%d</t></si>" % (number * 7919) for number in range(200_000))
    monkeypatch.setattr("core.sheets.archive._MOST_UNPACKED", 1_000_000)
    with pytest.raises(Unreadable, match="unpacked"):
        book(xlsx(sheet(["a"]), **{"xl/sharedStrings.xml": b"<sst>" + texts + b"</sst>"}))


def test_a_workbook_has_no_decimal_commas() -> None:
    assert open_sheet("x.xlsx", xlsx(sheet(["Name"], ["Ann"]))).decimal_comma is False
