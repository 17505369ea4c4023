"""The account of an import: how many filled cells of each column went where, and each cell that these totals do not cover."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from core.imports.columns import Column
from core.imports.rows import Kind, Outcome, Row

Wire = dict[str, Any]
KINDS = tuple(kind.value for kind in Kind)
_SHOWN_TEXT = 200


class Accounts:
    """Where the cells of rows went. samples: how many values of each column are kept, as read and as stored."""

    def __init__(self, columns: Sequence[Column], *, samples: int = 0) -> None:
        self.counts: Counter[tuple[int, str]] = Counter()
        # Of rows that were taken, and of others.
        self._samples: dict[tuple[int, bool], list[Wire]] = {
            (one.number, lost): [] for one in columns for lost in (False, True)
        }
        self._most = samples

    def add(self, row: Row) -> list[list[Any]]:
        """Add a row, and return what the columns' totals do not cover, as it is stored."""
        found = sorted(row.outcomes.items())
        for number, outcome in found:
            self.counts[number, outcome.kind] += 1
            if len(self._samples[number, row.is_lost]) < self._most:
                self._samples[number, row.is_lost].append(_sample(outcome))
        return [] if row.is_lost else [_stored(one) for _, one in found if one.is_told]

    def samples(self, number: int) -> list[Wire]:
        """Return values of a column, as read and as stored; of rows that were taken, if there are enough."""
        return (self._samples[number, False] + self._samples[number, True])[: self._most]

    def summed(self, before: Sequence[Sequence[int]]) -> list[list[int]]:
        """Return the counts of each column, in the order of KINDS, added to those `before`."""
        numbers = enumerate(before, 1)
        return [
            [was + self.counts[number, kind] for was, kind in zip(counts, KINDS, strict=True)]
            for number, counts in numbers
        ]


def no_counts(columns: Sequence[Column]) -> list[list[int]]:
    """Return the counts of columns before the first row."""
    return [[0] * len(KINDS) for _ in columns]


def column_lines(
    columns: Sequence[Column], counts: Sequence[Sequence[int]], samples: Callable[[int], list[Wire]] | None = None
) -> list[Wire]:
    """Return the columns of an answer: what each is, and where its filled cells went."""
    return [
        {
            "column": column.number,
            "header": column.header,
            "target": _target(column),
            "reason": column.reason or None,
            "filled": sum(found),
            **dict(zip(KINDS, found, strict=True)),
            **({"samples": samples(column.number)} if samples else {}),
        }
        for column, found in zip(columns, counts, strict=True)
    ]


def cell_lines(row: int, headers: dict[int, str], cells: Sequence[Sequence[Any]]) -> list[Wire]:
    """Return the cells of an answer that `Accounts.add` returned for a row."""
    names = ("outcome", "target", "value", "stored", "reason")
    return [
        {"row": row, "column": number, "header": headers.get(number, ""), **dict(zip(names, rest, strict=True))}
        for number, *rest in cells
    ]


def cell_text(header: str, cell: Wire) -> str:
    """Return what became of a cell as a sentence for a report."""
    if cell["reason"]:
        return f"{header} {cell['value']!r}: {cell['reason']}"
    return f"{header} {cell['value']!r} is stored in {cell['target']} as {cell['stored']!r}"


def _target(column: Column) -> str | None:
    if column.reason:
        return None
    return column.field or f"customFields.{column.custom}"


def _place(outcome: Outcome) -> str | None:
    if outcome.kind == Kind.NOT_TAKEN:
        return None
    return f"customFields.{outcome.place}" if outcome.kind == Kind.CUSTOM else outcome.place


def _stored(outcome: Outcome) -> list[Any]:
    place, taken = _place(outcome), outcome.kind != Kind.NOT_TAKEN
    stored = outcome.stored[:_SHOWN_TEXT] if taken else None
    return [
        outcome.column.number,
        outcome.kind.value,
        place,
        outcome.text[:_SHOWN_TEXT],
        stored,
        outcome.reason or None,
    ]


def _sample(outcome: Outcome) -> Wire:
    taken = outcome.kind != Kind.NOT_TAKEN
    stored = outcome.stored[:_SHOWN_TEXT] if taken else None
    return {"read": outcome.text[:_SHOWN_TEXT], "stored": stored, "target": _place(outcome)}
