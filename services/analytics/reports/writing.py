"""Exports as files: CSV as it is read, workbooks and PDF built on disk or in memory."""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import islice
from typing import IO, cast

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Table as Grid
from xlsxwriter import Workbook

from core.imports.lines import line
from services.analytics.reports.tables import Cell, Table

# A page takes some thirty rows: who wants more than this wants a table to calculate with.
PRINTED = 1_000
# What Excel allows in a sheet's name (https://support.microsoft.com/office/rename-a-worksheet-3f1f7148).
_SHEET_NAME = 31


def as_csv(tables: Iterable[Table]) -> Iterator[bytes]:
    """Yield a block for each table: its title, its header, its rows, an empty line."""
    for table in tables:
        yield from (line(cells).encode() for cells in ([table.title], table.header))
        for row in table.rows:
            yield line("" if cell is None else cell for cell in row).encode()
        yield b"\r\n"


def as_workbook(tables: Iterable[Table]) -> IO[bytes]:
    """Return an .xlsx file with a sheet for each table, at its beginning. Text stays text, whatever it looks like."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        for table in tables:
            sheet = book.add_worksheet(table.title[:_SHEET_NAME])
            sheet.set_column(0, len(table.header) - 1, 18)
            sheet.freeze_panes(1, 0)
            sheet.write_row(0, 0, table.header, bold)
            for number, row in enumerate(table.rows, 1):
                sheet.write_row(number, 0, row)
    file.seek(0)
    return cast(IO[bytes], file)


def as_pdf(tables: Iterable[Table], title: str) -> IO[bytes]:
    """Return a PDF of all tables; of one with more than PRINTED rows the first ones, and a sentence that says so."""
    styles, story = getSampleStyleSheet(), list[Flowable]()
    story.append(Paragraph(escape(title), styles["Title"]))
    for table in tables:
        rows = [[_printed(cell) for cell in row] for row in islice(table.rows, PRINTED + 1)]
        more = len(rows) > PRINTED
        story += [
            Paragraph(escape(table.title), styles["Heading2"]),
            _grid(table, rows[:PRINTED], lambda text: Paragraph(escape(text), styles["BodyText"])),
        ]
        if more:
            said = f"Only the first {PRINTED:,} rows are printed: export as csv or excel for all of them."
            story.append(Paragraph(said, styles["Italic"]))
        story.append(Spacer(1, 12))
    file = io.BytesIO()
    SimpleDocTemplate(file, pagesize=landscape(A4), title=title, author="Leadmesh").build(story)
    file.seek(0)
    return file


def _grid(table: Table, rows: list[list[str]], paragraph: Callable[[str], Flowable]) -> Flowable:
    grid = Grid([list(table.header), *([paragraph(cell) for cell in row] for row in rows)], repeatRows=1)
    head = ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e2e8f0"))
    grid.setStyle(TableStyle([head, ("GRID", (0, 0), (-1, -1), 0.25, colors.HexColor("#a0aec0"))]))
    return grid


def _printed(cell: Cell) -> str:
    """Return a cell as the printed font has it; letters that it lacks are question marks."""
    if isinstance(cell, int | float):
        return f"{cell:,.2f}".removesuffix(".00")
    return (cell or "").encode("cp1252", "replace").decode("cp1252")
