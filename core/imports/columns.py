"""What the columns of a file are: fields of a subject, further members of its documents, or nothing that is taken."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.imports.guards import unguarded
from core.imports.numbers import Style
from core.imports.subjects import Subject, plain

MOST_COLUMNS = 1_000
LONGEST_NAME = 100
# The first three columns of a report; the rest of its line is the row as it was.
REPORT = ("row", "kind", "message")
_CONTROL = dict.fromkeys([*range(32), 127])
_UNFIT = re.compile("[.$]")
_UNNAMED = "the field mapping does not name it"
_CUSTOM = "customFields."
_WHOLE_ADDRESS = re.compile("(?<!street)address$")
_OF_REPORT = "it belongs to the report"
MOST_NAMED = 20


class Column(NamedTuple):
    """A column. number: from 1. field: the field that it is, empty for none. custom: the member that takes what is no field's.
    reason: why nothing of it is taken. first: whether no better column is the same field. style: how its numbers are written."""

    number: int
    header: str
    custom: str
    field: str = ""
    reason: str = ""
    rank: int = 0
    first: bool = False
    style: str = Style.DOT

    @property
    def key(self) -> str:
        """The name by which a report has the column: imported again, it is the same."""
        return self.field if self.first else self.custom


class Plan(NamedTuple):
    """What the columns of a file are, what is odd about them, and what is missing."""

    columns: list[Column]
    warnings: list[str]
    faults: list[str]


class Unclear(ValueError):
    """A field mapping that cannot be followed; the text says why."""


def plan_of(subject: Subject, header: Sequence[str], mapping: Mapping[str, str]) -> Plan:
    """Return what the columns with this header are. With a mapping (field to column, or the other way round) only the columns
    that it names are taken. Raises Unclear for a mapping that can be read in two ways."""
    titles = [unguarded(title.translate(_CONTROL).strip()) for title in header]
    named, warnings = _named(subject, titles, mapping) if mapping else ({}, [])
    known = _mapped(subject, titles, named) if mapping else _known(subject, titles)
    names = [named.get(number, title) for number, title in enumerate(titles, 1)]
    columns = []
    for number, (title, name, custom) in enumerate(zip(titles, names, _customs(subject, names), strict=True), 1):
        field, rank = known.get(number, ("", 0))
        reason = "" if field else subject.untaken.get(plain(name), "")
        columns.append(Column(number, title, custom, field, reason, rank))
    if mapping:
        columns = [one if one.number in named else one._replace(field="", reason=_UNNAMED) for one in columns]
        warnings += _left_out(columns)
    if is_report(titles):
        columns = [one._replace(field="", reason=_OF_REPORT) for one in columns[:3]] + columns[3:]
    return Plan(_with_firsts(columns), warnings, _faults(subject, columns))


def is_report(header: Sequence[str]) -> bool:
    """Whether a file is one of our reports of problems."""
    return tuple(header[: len(REPORT)]) == REPORT


def is_note(columns: Sequence[Column], texts: Mapping[str, str]) -> bool:
    """Whether a row of a report is only a note: it has nothing but the report's own cells."""
    own = {column.key for column in columns[: len(REPORT)]}
    return bool(columns) and columns[0].reason == _OF_REPORT and texts.keys() <= own


def widened(subject: Subject, columns: Sequence[Column], width: int, *, mapped: bool) -> list[Column]:
    """Return the columns with those that only rows have, up to `width`."""
    taken = {column.custom for column in columns} | {field.name for field in subject.fields}
    reason = _UNNAMED if mapped else ""
    more = range(len(columns) + 1, width + 1)
    return [*columns, *(Column(n, "", _free(f"Column {n}", taken), reason=reason) for n in more)]


def mapping_of(sent: object) -> dict[str, str]:
    """Return a field mapping that was sent, without its empty members. Raises ValueError for anything but an object of texts."""
    if not sent:
        return {}
    if not isinstance(sent, dict) or not all(isinstance(value, str) for value in sent.values()):
        raise ValueError("fieldMapping must be an object of texts")
    return {name: value for name, value in sent.items() if name.strip() and value.strip()}


def _left_out(columns: Sequence[Column]) -> list[str]:
    left = [f"{one.number} {one.header[:40]!r}" for one in columns if one.reason == _UNNAMED]
    more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
    return (
        [f"Columns that the field mapping does not name are not taken: {', '.join(left[:MOST_NAMED])}{more}"]
        if left
        else []
    )


def _with_firsts(columns: Sequence[Column]) -> list[Column]:
    best: dict[str, int] = {}
    for column in sorted(columns, key=lambda one: (one.rank, one.number)):
        if column.field:
            best.setdefault(column.field, column.number)
    return [one._replace(first=best.get(one.field) == one.number) for one in columns]


def _faults(subject: Subject, columns: Sequence[Column]) -> list[str]:
    there = {column.field for column in columns if column.field}
    there |= {name for field in there for name in subject.by_name[field].fills}
    missing = [name for name in subject.required if name not in there]
    return [f"Missing required fields: {', '.join(missing)}"] if missing else []


# -- by their own names ----------------------------------------------------------------------------------------------------


def _known(subject: Subject, titles: Sequence[str]) -> dict[int, tuple[str, int]]:
    """Return field and rank of the columns whose names are known."""
    found = {number: field for number, title in enumerate(titles, 1) if (field := subject.field_of(title))}
    found = {number: one for number, one in found.items() if one[0] not in subject.address}
    return found | {number: (field, 0) for field, number in _address(subject, titles).items()}


def _address(subject: Subject, titles: Sequence[str]) -> dict[str, int]:
    """Return the columns of the one address that is the document's, by field: the most complete one."""
    # A column called only "address" may hold all of it in one cell: one of the street's own is better.
    ordered = sorted(enumerate(titles, 1), key=lambda one: _WHOLE_ADDRESS.search(plain(one[1])) is not None)
    first: dict[str, int] = {}
    chosen: dict[str, int] = {}
    for names in subject.address_names:
        parts: dict[str, int] = {}
        for number, title in ordered:
            field = names.get(plain(title))
            if field:
                parts.setdefault(field, number)
        first = first or parts
        whole = {**first, **parts}
        chosen = whole if len(whole) > len(chosen) else chosen
    return chosen


def _customs(subject: Subject, titles: Sequence[str]) -> list[str]:
    """Return for each column the member that takes what is no field's: its name as MongoDB can have it, each only once."""
    taken = {field.name for field in subject.fields}
    return [_free(_UNFIT.sub("_", title)[:LONGEST_NAME] or f"Column {n}", taken) for n, title in enumerate(titles, 1)]


def _free(name: str, taken: set[str]) -> str:
    free, count = name, 1
    while free in taken:
        count += 1
        end = f" ({count})"
        free = name[: LONGEST_NAME - len(end)] + end
    taken.add(free)
    return free


# -- by a mapping ----------------------------------------------------------------------------------------------------------


def _named(subject: Subject, titles: Sequence[str], mapping: Mapping[str, str]) -> tuple[dict[int, str], list[str]]:
    """Return the target of each column that the mapping names, and warnings. Raises Unclear."""
    places: dict[str, list[int]] = {}
    for number, title in enumerate(titles, 1):
        places.setdefault(title.lower(), []).append(number)
    found: dict[int, str] = {}
    warnings = []
    for column, target in _directed(subject, places, mapping):
        numbers = places.get(column.lower(), [])
        if any(number in found for number in numbers):
            raise Unclear(f"fieldMapping names the column {column[:100]} twice")
        if not numbers:
            warnings.append(f"The file has no column {column[:100]!r}, which the field mapping names")
        elif not (_target(subject, target) or target.startswith(_CUSTOM)) and plain(target) not in subject.untaken:
            warnings.append(f"The field mapping's {target[:100]!r} is no field: kept in the custom fields")
        found |= dict.fromkeys(numbers, target.removeprefix(_CUSTOM))
    return found, warnings


def _directed(subject: Subject, places: Mapping[str, object], mapping: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return a mapping as pairs of column and target: in the direction that fits the file and our fields better."""
    pairs = [(key.strip(), value.strip()) for key, value in mapping.items()]
    turned = [(value, key) for key, value in pairs]

    def fit(found: list[tuple[str, str]]) -> tuple[int, int]:
        targets = [_target(subject, target) for _, target in found]
        exact = sum(target in subject.by_name for _, target in found)
        custom = sum(target.startswith(_CUSTOM) for _, target in found)
        return sum(column.lower() in places for column, _ in found) + sum(map(bool, targets)) + custom, exact

    def meaning(found: list[tuple[str, str]]) -> set[tuple[str, str]]:
        return {(column.lower(), _target(subject, target) or target) for column, target in found}

    if fit(turned) == fit(pairs) and meaning(turned) != meaning(pairs):
        raise Unclear(
            "fieldMapping can be read in both directions: write it as field to column, with names like firstName"
        )
    return turned if fit(turned) >= fit(pairs) else pairs


def _target(subject: Subject, name: str) -> str | None:
    """Return the field that a mapping means by `name`; None when there is none."""
    found = subject.field_of(name)
    paths = {plain(field.path): field.name for field in subject.fields}
    return found[0] if found else paths.get(plain(name))


def _mapped(subject: Subject, titles: Sequence[str], named: Mapping[int, str]) -> dict[int, tuple[str, int]]:
    return {number: (field, 0) for number, target in named.items() if (field := _target(subject, target))}
