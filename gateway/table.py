"""Reading the route table."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_services import SERVICES

TABLE = Path(__file__).with_name("routes.toml")
_GROUP = re.compile("[a-z]+(\\.[a-z]+)?")


class TableError(ValueError):
    """The route table says something that cannot be meant; the message names the route."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who owns a path: everything below `prefix`, and below its `aliases`. reads, writes: the groups that its methods go over
    with, empty when they are always the service's. uploads: bodies may be large."""

    prefix: str
    service: str
    aliases: tuple[str, ...] = ()
    reads: str = ""
    writes: str = ""
    uploads: bool = False


def load(path: Path = TABLE) -> list[Route]:
    """Return the routes of the table, longest prefix first. Raises TableError."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["route"]
    routes = [_route(row) for row in rows]
    seen: set[str] = set()
    for route in routes:
        if route.service not in SERVICES:
            raise TableError(f"{route.prefix}: unknown service {route.service!r}")
        for group in (route.reads, route.writes):
            if group and not _GROUP.fullmatch(group):
                raise TableError(f"{route.prefix}: {group!r} is no name of a group, such as leads.read")
        for prefix in (route.prefix, *route.aliases):
            if not prefix.startswith("/") or prefix in seen:
                raise TableError(f"{prefix}: prefixes start with / and appear once")
            seen.add(prefix)
    owners = _owners(routes)
    for group, services in owners.items():
        if len(services) > 1:
            raise TableError(f"{group}: a group belongs to one service, not to {' and '.join(sorted(services))}")
    return sorted(routes, key=lambda route: -len(route.prefix))


def groups(routes: Iterable[Route]) -> dict[str, str]:
    """Return the groups of `routes` in the order of their names, and the service of each."""
    return {group: min(services) for group, services in sorted(_owners(routes).items())}


def owner_of(routes: Iterable[Route], path: str) -> Route | None:
    """Return the route that owns a path, of those that `load` returned."""
    lowered = path.lower()
    return next((one for one in routes if _is_below(lowered, one.prefix)), None)


def canonical(routes: Iterable[Route], path: str) -> str:
    """Return a path without query as the services see it: an alias is another spelling of its route's prefix."""
    lowered = path.lower()
    spelled = [
        (other, one.prefix) for one in routes for other in (one.prefix, *one.aliases) if _is_below(lowered, other)
    ]
    other, prefix = max(spelled, key=lambda pair: len(pair[0]), default=("", ""))
    return path if other == prefix else prefix + "/" * other.endswith("/") + path[len(other) :]


def _is_below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix if prefix.endswith("/") else f"{prefix}/")


def _owners(routes: Iterable[Route]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for route in routes:
        for group in filter(None, (route.reads, route.writes)):
            found.setdefault(group, set()).add(route.service)
    return found


def _route(row: dict[str, Any]) -> Route:
    unknown = row.keys() - {"prefix", "service", "aliases", "group", "reads", "writes", "uploads"}
    if unknown or ("group" in row and row.keys() & {"reads", "writes"}):
        raise TableError(f"{row.get('prefix')}: unknown or contradicting members {', '.join(sorted(unknown or row))}")
    group = row.get("group", "")
    return Route(
        row["prefix"],
        row["service"],
        tuple(row.get("aliases", ())),
        row.get("reads", group),
        row.get("writes", group),
        row.get("uploads", False),
    )
