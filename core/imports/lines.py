"""Lines of CSV, as exports and reports write them."""

import csv
import io
from collections.abc import Iterable

from core.imports.guards import guarded
from core.imports.numbers import shown


def line(cells: Iterable[object], delimiter: str = ",") -> str:
    """Return a line of RFC 4180; cells that a spreadsheet would calculate begin with an apostrophe."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow([_cell(cell) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return shown(value)
    return guarded(str(value))
