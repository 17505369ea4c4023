"""Habits and security figures from counted activities (contract/analytics-rules.md §12; the shapes are ours). Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from typing import TypedDict, TypeVar

K = TypeVar("K", bound=Hashable)


class Counted(TypedDict):
    """Activities that agree in person, type, severity, day (`2026-11-27`) and hour (0 to 23), all UTC."""

    userId: str
    type: str
    severity: str
    day: str
    hour: int
    count: int
    last: datetime


class Habit(TypedDict):
    """What a person did in the last thirty days."""

    userId: str
    name: str
    activities: int
    activeDays: int
    busiestHour: int
    types: dict[str, int]
    lastActiveAt: datetime


class SecurityFigures(TypedDict):
    """What auth told of accounts in the last thirty days."""

    totalEvents: int
    bySeverity: dict[str, int]
    byType: dict[str, int]
    perDay: list[dict[str, object]]
    topUsers: list[dict[str, object]]


_SEVERITIES = ("low", "medium", "high", "critical")
_TOP = 10


def habits(rows: Iterable[Counted], names: Mapping[str, str]) -> list[Habit]:
    """Return what each person did, the most active first."""
    own: dict[str, list[Counted]] = defaultdict(list)
    for row in rows:
        own[row["userId"]].append(row)
    found = [_habit(person, theirs, names) for person, theirs in own.items()]
    return sorted(found, key=lambda habit: (-habit["activities"], habit["name"]))


def security(rows: Iterable[Counted], names: Mapping[str, str]) -> SecurityFigures:
    """Return the figures of all security events; every severity is there."""
    kept = list(rows)
    days, people = _sums(kept, lambda row: row["day"]), _sums(kept, lambda row: row["userId"])
    return {
        "totalEvents": sum(row["count"] for row in kept),
        "bySeverity": dict.fromkeys(_SEVERITIES, 0) | dict(_sums(kept, lambda row: row["severity"])),
        "byType": dict(_sums(kept, lambda row: row["type"]).most_common()),
        "perDay": [{"name": day, "value": count} for day, count in sorted(days.items())],
        "topUsers": [
            {"userId": person, "name": names.get(person, person), "events": count}
            for person, count in people.most_common(_TOP)
        ],
    }


def _habit(person: str, rows: list[Counted], names: Mapping[str, str]) -> Habit:
    hours = _sums(rows, lambda row: row["hour"])
    return {
        "userId": person,
        "name": names.get(person, person),
        "activities": sum(row["count"] for row in rows),
        "activeDays": len({row["day"] for row in rows}),
        "busiestHour": min(hours, key=lambda hour: (-hours[hour], hour)),
        "types": dict(_sums(rows, lambda row: row["type"]).most_common()),
        "lastActiveAt": max(row["last"] for row in rows),
    }


def _sums(rows: Iterable[Counted], key: Callable[[Counted], K]) -> Counter[K]:
    sums: Counter[K] = Counter()
    for row in rows:
        sums[key(row)] += row["count"]
    return sums
