"""Reading the route table."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from platform_services import SERVICES

TABLE = Path(__file__).with_name("routes.toml")
STATES = ("service",)


class TableError(ValueError):
    """The route table says something that cannot be meant; the message names the route."""


@dataclass(frozen=True, slots=True)
class Route:
    """Who owns a path: everything below `prefix`, and below its `aliases`. uploads: bodies may be large."""

    prefix: str
    service: str
    aliases: tuple[str, ...] = ()
    state: str = "service"
    uploads: bool = False


def load(path: Path = TABLE) -> list[Route]:
    """Return the routes of the table, longest prefix first. Raises TableError."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["route"]
    routes = [
        Route(
            row["prefix"],
            row["service"],
            tuple(row.get("aliases", ())),
            row.get("state", "service"),
            row.get("uploads", False),
        )
        for row in rows
    ]
    seen: set[str] = set()
    for route in routes:
        if route.service not in SERVICES or route.state not in STATES:
            raise TableError(f"{route.prefix}: unknown service {route.service!r} or state {route.state!r}")
        for prefix in (route.prefix, *route.aliases):
            if not prefix.startswith("/") or prefix in seen:
                raise TableError(f"{prefix}: prefixes start with / and appear once")
            seen.add(prefix)
    return sorted(routes, key=lambda route: -len(route.prefix))
