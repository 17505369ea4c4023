"""Files of people, read: the same table comes out of every dialect, and no file costs more than it may."""

import csv
import io
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sheets import Line, Unreadable, WrongType, open_sheet
from core.sheets import table as limits
from core.sheets.kinds import kind_of
from core.sheets.table import Contents
from core.sheets.text import read_text

HEADER = ["Name", "Email", "Phone", "Notes"]
ANN = ["Ann Lee", "ann@example.com", "5125550101", "ok"]
NEVER_ENDS = "the quoted cell that begins in this row never ends"


def read(content: bytes | str, suffix: str = ".csv") -> tuple[list[str], list[Line], Contents]:
    """The header and lines of a text, read in this process."""
    contents = Contents(read_text(content.encode() if isinstance(content, str) else content, suffix))
    lines = list(contents.lines())
    return contents.header, lines, contents


def cells(lines: list[Line]) -> list[list[str]]:
    return [line.cells for line in lines]


# -- dialects --------------------------------------------------------------------------------------------------------
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
# What people write, also what looks like another dialect.
TEXT = st.text("abcXYZ019 éñ@.-$;,|\t'\"#=\n", max_size=12).map(lambda text: text.strip(" \t\n"))


@st.composite
def tables(draw: Any) -> tuple[list[str], list[list[str]]]:
    width = draw(st.integers(3, 6))
    titles = st.text("abcdefgh ", min_size=1, max_size=10).map(str.strip).filter(bool)
    header = draw(st.lists(titles, min_size=width, max_size=width))
    rows = draw(st.lists(st.lists(TEXT, min_size=width, max_size=width), min_size=1, max_size=8))
    for number, row in enumerate(rows):
        row[0] = f"p{number}"
    return header, rows


@settings(max_examples=200)
@given(
    tables(),
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from(ENCODINGS),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(0, 3),
    st.booleans(),
)
def test_a_table_is_the_same_in_every_dialect_that_names_its_delimiter(
    table: tuple[list[str], list[list[str]]],
    delimiter: str,
    quoting: Any,
    encoding: str,
    end: str,
    blanks: int,
    last: bool,
) -> None:
    header, rows = table
    if end == "\r":
        # The library's writer leaves the other line end unquoted.
        rows = [[cell.replace("\n", "\r") for cell in row] for row in rows]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([header, *rows])
    text = f"sep={delimiter}{end}" + end * blanks + out.getvalue()
    got, lines, contents = read((text if last else text.rstrip("\r\n")).encode(encoding))
    assert (got, [line.fault for line in lines]) == (header, [None] * len(rows))
    assert [line.cells + [""] * (len(header) - len(line.cells)) for line in lines] == rows
    assert [line.number for line in lines] == list(range(1, len(rows) + 1))
    assert contents.notes == []


@settings(max_examples=100)
@given(
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.lists(
        st.tuples(
            st.sampled_from(["Ann Lee", "Bo", "Lee, Cy", "D'Arc"]),
            st.sampled_from(["a@example.com", ""]),
            st.sampled_from(["5125550101", "(512) 555-0101", "1.250,00", ""]),
            st.sampled_from(["", "one, two", "a; b", "x | y", "line\nbreak", 'so "quoted"', "5'6"]),
        ),
        min_size=2,
        max_size=12,
    ),
)
def test_the_delimiter_is_the_one_that_gives_a_table(delimiter: str, quoting: Any, rows: list[tuple[str, ...]]) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows([HEADER, *rows])
    header, lines, _ = read(out.getvalue())
    assert header == HEADER
    assert [[*line.cells, "", "", ""][:4] for line in lines] == [list(row) for row in rows]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nName;Email\nAnn;a@x.co\n",
        '"sep=;"\r\nName;Email\r\nAnn;a@x.co\r\n',
        "SEP=\t\nName\tEmail\nAnn\ta@x.co\n",
        "\n\n \n;;\nName;Email\nAnn;a@x.co\n",
        '"Name", "Email"\n"Ann", "a@x.co"\n',
        "Name|Email\rAnn|a@x.co",
        "\ufeffsep=;\nName;Email\nAnn;a@x.co",
    ],
)
def test_first_lines(text: str) -> None:
    header, lines, _ = read(text)
    assert (header, cells(lines)) == (["Name", "Email"], [["Ann", "a@x.co"]])


def test_commas_in_a_title_are_no_delimiters() -> None:
    for title in ('"Repairs (roof, HVAC, windows, other)"', "Repairs (roof, HVAC, windows, other)"):
        header, lines, contents = read(f"Name;Email;Phone;{title}\nBo Kim;b@x.co;512;roof\n")
        assert (header[3], cells(lines), contents.notes) == (
            "Repairs (roof, HVAC, windows, other)",
            [["Bo Kim", "b@x.co", "512", "roof"]],
            [],
        )


def test_a_guess_is_told() -> None:
    assert read("a;b,c;d\n1;2,3;4\n")[2].notes == []
    (note,) = read("a;b,c\n1;2,3\n")[2].notes
    assert note == "Read with commas between the columns; it could be semicolons"


def test_one_column_is_a_table_too() -> None:
    header, lines, _ = read("Email\na@x.co\nb@x.co\n")
    assert (header, cells(lines)) == (["Email"], [["a@x.co"], ["b@x.co"]])
    assert read("")[0] == read("\n \n")[0] == []


# -- letters ---------------------------------------------------------------------------------------------------------
def test_letters_that_are_no_utf_8_are_told() -> None:
    _, lines, contents = read("Name,City\nZoë,Köln\n".encode("cp1252"))
    assert cells(lines) == [["Zoë", "Köln"]]
    assert contents.notes == ["The file is not in UTF-8 and was read as Western European (Windows)"]
    _, lines, contents = read("Name,City\nZoë Łódź,K".encode() + b"\xf6ln\n")
    assert cells(lines) == [["Zoë Łódź", "Köln"]]
    assert contents.notes == ["1 bytes are not UTF-8 and were read as Western European (Windows)"]
    _, lines, contents = read(b"Name,City\nA\x81,B\xf6\n")
    assert "1 bytes are no letters there and were replaced" in contents.notes
    _, lines, contents = read("Name\nAnn Lee\nBo Kim".encode("utf-16-le") + b"\x00\xd8")
    assert contents.notes == ["1 characters are no UTF-16-LE and were replaced"]
    _, lines, contents = read("Name,B\nA\x00nn,x\n")
    assert (cells(lines), contents.notes) == ([["Ann", "x"]], ["1 NUL characters were left out"])


# -- quotes ----------------------------------------------------------------------------------------------------------
def people(*rows: str) -> tuple[list[Line], list[str]]:
    _, lines, contents = read("\n".join([",".join(HEADER), *rows]))
    return lines, contents.notes


ADA, CY, DI = (f"{name},{name[0]}@x.co,512555010{index},ok" for index, name in enumerate(("Ada", "Cy", "Di")))


def test_a_quote_that_never_ends_costs_its_own_row() -> None:
    lines, _ = people(ADA, 'Bo,b@x.co,5125550109,"unclosed', CY, DI)
    assert [line.cells[0] for line in lines] == ["Ada", "Bo", "Cy", "Di"]
    assert [line.fault for line in lines] == [None, NEVER_ENDS, None, None]
    lines, _ = people(ADA, 'Bo,"b@x.co,5125550109,x', CY, DI)
    assert (lines[1].cells, lines[1].fault) == (["Bo", '"b@x.co', "5125550109", "x"], NEVER_ENDS)
    lines, _ = people(ADA, 'Bo,b@x.co,5125550109,"unclosed')
    assert [line.fault for line in lines] == [None, NEVER_ENDS]


@pytest.mark.parametrize(
    "closing", ['Zed,z@x.co,5125550108,"fine"', 'Zed,z@x.co,5125550108,5 ft 6"', '"Zed",z@x.co,512,x']
)
def test_a_quote_that_another_one_far_below_ends_swallows_no_row(closing: str) -> None:
    lines, _ = people(ADA, 'Bo,b@x.co,5125550109,"unclosed', CY, DI, closing)
    assert [line.cells[0] for line in lines] == ["Ada", "Bo", "Cy", "Di", "Zed"]
    assert [line.fault for line in lines] == [None, NEVER_ENDS, None, None, None]


def test_line_breaks_in_cells_are_text() -> None:
    address = '"1 Main St, Apt 4\nAustin, TX\n78701"'
    lines, notes = people(f"Bo,b@x.co,5125550109,{address}", '"Ann\nLee",a@x.co,5125550101,x')
    assert (lines[0].cells[3], lines[1].cells[0], notes) == ("1 Main St, Apt 4\nAustin, TX\n78701", "Ann\nLee", [])
    assert [line.fault for line in lines] == [None, None]


def test_stray_quotes() -> None:
    lines, notes = people('Bo "B" Kim,b@x.co,512,5 ft 6"')
    assert (lines[0].cells, notes) == (['Bo "B" Kim', "b@x.co", "512", '5 ft 6"'], [])
    lines, notes = people('"Bo "the builder" Kim",b@x.co,512,x')
    assert (lines[0].cells[0], lines[0].fault) == ('Bo "the builder" Kim', None)
    assert notes == ["Row 1: quotes are not where they should be"]
    lines, notes = people('"Bo "the, builder", Kim",b@x.co,512,x')
    assert lines[0].fault == "quotes are not where they should be, and the row does not fit the columns"


@given(st.lists(st.text('a,"\n ', max_size=12), max_size=12))
def test_no_text_is_lost_whatever_its_quotes(rows: list[str]) -> None:
    text = "a,b\n" + "\n".join(rows)
    _, lines, _ = read(text)
    assert sum("".join(line.cells).count("a") for line in lines) == "".join(rows).count("a")


# -- limits ----------------------------------------------------------------------------------------------------------
def test_long_cells_are_cut_before_they_are_read() -> None:
    _, (line, other), _ = read(f"Name,Notes\nAnn,{'x' * 1_000_000}\nBo,ok\n")
    assert line.fault == "Notes must be shorter than or equal to 10000 characters"
    assert (len(line.cells[1]), other.fault) == (10_000, None)


def test_too_many_rows_and_columns() -> None:
    with pytest.raises(Unreadable, match="more than 100000 rows"):
        read("Name\n" + "x\n" * 100_001)
    with pytest.raises(Unreadable, match="more than 1000 columns"):
        read(",".join(f"c{n}" for n in range(1_001)) + "\n1\n")
    _, (line,), _ = read("a,b\n" + ",".join(["x"] * 1_001))
    assert (line.fault, len(line.cells)) == ("the row has more than 1000 cells", 1_000)


def test_decimals() -> None:
    for text, comma in (
        ("185000,50", True),
        ("1.234,5", True),
        ("€ 1.250,00", True),
        ("185000.50", False),
        ("$1,234.50", False),
        ("1,234", None),
        ("1.234", None),
        ("12", None),
        ("01.02.2026", None),
    ):
        assert read(f"a\tb\nx\t{text}\n")[2].decimal_comma is comma, text
        # Semicolons let expect a comma, where no number shows another sign.
        assert read(f"a;b\nx;{text}\n")[2].decimal_comma is (comma if comma is not None else True), text
    assert read("a;b\n1,5;1.5\n")[2].decimal_comma is None


@pytest.mark.parametrize(
    ("content", "suffix", "told"),
    [
        (b"%PDF-1.7", ".csv", "a PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", ".xlsx", "an old Excel file"),
        (b"<html><table><tr><td>Name", ".xls", "a web page"),
        (b"\x1f\x8b\x08", ".csv", "a compressed file"),
        (b"a,b\n1,2\n", ".pdf", "a .pdf file"),
        (bytes(range(1, 32)) * 50, ".csv", "no text"),
    ],
)
def test_other_files_are_told_by_content_and_name(content: bytes, suffix: str, told: str) -> None:
    with pytest.raises(WrongType, match=f"Invalid file type. Please upload a CSV file. This is {told}"):
        kind_of(suffix, content)


def test_the_name_does_not_make_the_table() -> None:
    for suffix in ("", ".csv", ".tsv", ".txt", ".xls", ".xlsx"):
        assert kind_of(suffix, b"a,b\n1,2\n") == "text"


# -- the process -----------------------------------------------------------------------------------------------------
def test_a_sheet_is_read_by_a_child_and_again_from_the_first_line() -> None:
    opened = open_sheet("leads.csv", b"Name;Value\nAnn;1,5\nBo;2\n")
    assert (opened.header, opened.count, opened.notes, opened.decimal_comma) == (["Name", "Value"], 2, [], True)
    assert list(opened) == list(opened) == [Line(1, ["Ann", "1,5"], None), Line(2, ["Bo", "2"], None)]


def test_the_child_limits_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever in the reader takes memory or time without end ends with the child."""
    for fault, told in (("x = bytearray(2**31)", "memory"), ("while True: pass", "limits of time and memory")):
        package = tmp_path / str(time.monotonic_ns())
        _broken_copy(package, fault)
        monkeypatch.setattr("core.sheets.opening._ROOT", package)
        with pytest.raises(Unreadable, match=told):
            open_sheet("leads.csv", b"a,b\n")


def _broken_copy(folder: Path, fault: str) -> None:
    """A copy of the reader whose kind_of does `fault`, with a second of the processor."""
    source = Path(limits.__file__).parents[1]
    (folder / "core" / "sheets").mkdir(parents=True)
    (folder / "core" / "__init__.py").touch()
    for file in source.joinpath("sheets").glob("*.py"):
        text = (
            file.read_text()
            .replace("WALL_SECONDS = 15, 16", "WALL_SECONDS = 1, 16")
            .replace("if content.startswith(_ZIP):", f"{fault}\n    if 0:")
        )
        (folder / "core" / "sheets" / file.name).write_text(text)
