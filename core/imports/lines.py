"""Lines of CSV, as exports and reports write them."""

import csv
import io
from collections.abc import Iterable

from core.imports.guards import guarded
from core.imports.numbers import shown


def line(cells: Iterable[object], delimiter: str = ",", *, quoted: bool = False) -> str:
    """Return a line of RFC 4180; cells that a spreadsheet would calculate begin with an apostrophe. quoted: all of them are."""
    out = io.StringIO()
    cells = [_cell(cell) for cell in cells]
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerow(cells)
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shown(value)
    return guarded(str(value))
