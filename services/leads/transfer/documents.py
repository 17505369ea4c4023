"""What leads stores of imports."""

from datetime import datetime

from bson import ObjectId

from core.documents.shapes import Owned, RunDocument


class ImportDocument(RunDocument, total=False):
    """An import of a file, or the undo of one (`undoes`). `columns` and `cells`: where each column and its cells went."""

    importId: str
    kind: str
    fileName: str
    userId: str | None
    undoes: str | None
    total: int
    imported: int
    updated: int
    failed: int
    skipped: int
    warned: int
    told: int
    part: int
    offset: int
    size: int
    columns: list[list[object]]
    cells: list[list[int]]
    keys: list[str]
    notes: list[str]
    rows: int
    options: dict[str, bool]
    cursor: ObjectId | None


class PartDocument(Owned, total=False):
    """Some rows of a file; `first` is the number of the first one, `faults` are pairs of a row and what is wrong with it."""

    importId: str
    number: int
    rows: list[list[str]]
    first: int
    faults: list[tuple[int, str]]
    expiresAt: datetime


class ProblemDocument(Owned, total=False):
    """A row that could not be taken, or of which not all could."""

    importId: str
    kind: str
    row: int
    field: str
    value: list[list[object]]
    message: str
    cells: list[list[object]]
    expiresAt: datetime
