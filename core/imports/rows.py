"""What becomes of a row: each filled cell is stored as a field, kept under a name, or not taken, and the row knows which."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from core.imports import numbers
from core.imports.columns import Column
from core.imports.guards import unguarded
from core.imports.numbers import Style
from core.imports.subjects import Broken, Field, Refused, Subject

LONGEST_CELL = 10_000
# Line breaks and tabs belong into texts.
_CONTROL = dict.fromkeys({*range(32), 127} - {9, 10, 13})


class Kind(StrEnum):
    """Where a cell went: into a field as it is, into a field in another form, under its name into the custom fields, nowhere."""

    STORED = "stored"
    CHANGED = "changed"
    CUSTOM = "custom"
    NOT_TAKEN = "notTaken"


class Outcome(NamedTuple):
    """Where a filled cell went. place: the field or the custom field. stored: what is there. reason: why it was not taken."""

    column: Column
    text: str
    kind: Kind
    place: str = ""
    stored: str = ""
    reason: str = ""

    @property
    def is_told(self) -> bool:
        """Whether its column's entry does not say it already."""
        if self.kind == Kind.CUSTOM:
            return self.place != self.column.custom or bool(self.column.field) or self.stored != self.text
        if self.kind == Kind.NOT_TAKEN:
            return not self.column.reason
        return self.kind == Kind.CHANGED or self.place != self.column.field


class Row:
    """A row that is being read: values by field, texts by custom name, what is wrong, and an outcome for each filled cell."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.custom: dict[str, str] = {}
        self.faults: list[str] = []
        self.warnings: list[str] = []
        self.broken: set[str] = set()
        self.outcomes: dict[int, Outcome] = {}
        self.is_lost = False

    @property
    def texts(self) -> dict[str, str]:
        """The filled cells by the name that a report has for their column."""
        found = sorted(self.outcomes.items())
        return {one.column.key: _clean(one.text) for _, one in found}

    def holder(self, field: str) -> Outcome | None:
        """Return the outcome of the cell that is `field`, or None."""
        return next((one for one in self.outcomes.values() if one.place == field and one.kind != Kind.CUSTOM), None)

    def keep(self, field: str, name: str = "") -> None:
        """Keep a cell that was stored as `field` as a custom field instead, under `name` or its column's own."""
        outcome = self.holder(field)
        self.values.pop(field, None)
        if outcome is not None:
            self._put_custom(outcome.column, outcome.text, name or outcome.column.custom)

    def refuse(self, field: str, reason: str) -> None:
        """Do not take the cell of `field`; `reason` becomes a warning."""
        outcome = self.holder(field)
        self.values.pop(field, None)
        if outcome is not None:
            self.warnings.append(reason)
            self._not_taken(outcome.column, outcome.text, reason)

    def refuse_all(self, reason: str) -> None:
        """Take no cell of the row, whatever its columns are."""
        self.is_lost = True
        for outcome in list(self.outcomes.values()):
            self._not_taken(outcome.column, outcome.text, outcome.reason or reason)

    def take(self, subject: Subject, column: Column, raw: str) -> None:
        """Put a cell where it belongs."""
        text = raw.strip()
        if not text:
            return
        clean, field = _clean(raw), self._free_field(subject, column)
        if column.reason or not clean:
            self._not_taken(column, text, column.reason or "nothing but control characters")
        elif len(clean) > (field.limit if field else LONGEST_CELL):
            longest = field.limit if field else LONGEST_CELL
            name = field.name if field else column.custom
            self._break(column, text, name, f"{name} must be shorter than or equal to {longest} characters")
        elif field:
            self._put(field, column, text, clean)
        else:
            self._put_custom(column, text, column.custom)

    def _free_field(self, subject: Subject, column: Column) -> Field | None:
        field = subject.by_name.get(column.field)
        while field is not None and field.name in self.values:
            field = subject.by_name.get(field.spare)
        return field

    def _put(self, field: Field, column: Column, text: str, clean: str) -> None:
        try:
            value = _number(field, clean, Style(column.style)) if field.numbers else field.read(clean)
        except Refused as refusal:
            self.warnings.append(str(refusal))
            self._not_taken(column, text, str(refusal))
        except Broken as fault:
            self._break(column, text, field.name, str(fault))
        else:
            self.values[field.name] = value
            shown = numbers.shown(value) if field.numbers else field.show(value)
            kind = Kind.STORED if shown == text else Kind.CHANGED
            self.outcomes[column.number] = Outcome(column, text, kind, field.name, shown)

    def _put_custom(self, column: Column, text: str, name: str) -> None:
        self.custom[name] = _clean(text)
        self.outcomes[column.number] = Outcome(column, text, Kind.CUSTOM, name, self.custom[name])

    def _break(self, column: Column, text: str, name: str, fault: str) -> None:
        self.faults.append(fault)
        self.broken.add(name)
        self._not_taken(column, text, fault)

    def _not_taken(self, column: Column, text: str, reason: str) -> None:
        self.outcomes[column.number] = Outcome(column, text, Kind.NOT_TAKEN, reason=reason)


class Reader:
    """Reads the rows of a file whose columns are known."""

    def __init__(self, subject: Subject, columns: Sequence[Column], finish: Callable[[Row], None]) -> None:
        order = {field.name: index for index, field in enumerate(subject.fields)}
        self.subject, self.finish = subject, finish
        # The best column of a field comes first; the fields in their own order.
        self.columns = sorted(columns, key=lambda one: (order.get(one.field, len(order)), one.rank, one.number))

    def row(self, cells: Sequence[str], fault: str | None = None) -> Row:
        """Return a row read; `finish` adds what only the subject knows. fault: what the file's reader found wrong with it."""
        row = Row()
        for column in self.columns:
            if column.number <= len(cells):
                row.take(self.subject, column, cells[column.number - 1])
        row.faults += [fault] if fault else []
        self.finish(row)
        if row.faults:
            row.refuse_all(", ".join(row.faults))
        return row


class Survey:
    """What is known of a file's rows when all have passed: how many, how wide, and how its columns write numbers."""

    def __init__(self, subject: Subject, columns: Sequence[Column]) -> None:
        self.count = self.width = 0
        self._numeric = [one.number - 1 for one in columns if one.field and subject.by_name[one.field].numbers]
        self._proofs: dict[int, set[str]] = {index: set() for index in self._numeric}

    def see(self, cells: Sequence[str]) -> None:
        """Look at a row."""
        self.count += 1
        self.width = max(self.width, len(cells))
        for index in self._numeric:
            if index < len(cells):
                self._proofs[index].add(numbers.proof(_clean(cells[index])))

    def styled(self, columns: Sequence[Column], *, comma: bool) -> list[Column]:
        """Return the columns with the styles of their numbers."""
        styles = {index + 1: numbers.style_of(proofs, comma=comma) for index, proofs in self._proofs.items()}
        return [one._replace(style=styles.get(one.number, one.style)) for one in columns]


def _number(field: Field, text: str, style: Style) -> float:
    lowest, highest = field.numbers or (0, 0)
    said = f"{field.name} {text[:40]!r} is not taken"
    try:
        value = numbers.number(text, style)
    except Refused as refusal:
        raise Refused(f"{said}: {str(refusal) or 'it is no number'}") from None
    if value < lowest:
        raise Refused(f"{said}: it must not be less than {lowest:g}")
    if value > highest:
        raise Refused(f"{said}: it must not be greater than {highest:.0f}")
    return value


def _clean(text: str) -> str:
    return unguarded(text.translate(_CONTROL).strip())
