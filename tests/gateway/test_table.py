"""The route table: every operation of the contract has its owner, and a table that cannot be meant is refused."""

import csv
from pathlib import Path

import pytest

from gateway.table import TableError, load

ROOT = Path(__file__).resolve().parents[2]
# Operations that several files of the contract share have one owner.
_SHARED = ("/api/health", "/api/health/ready", "/api/health/live")


def owner(path: str) -> str | None:
    for route in load():
        if path == route.prefix or path.startswith(route.prefix + "/"):
            return route.service
    return None


def test_every_kept_operation_of_the_contract_goes_to_its_service() -> None:
    with (ROOT / "contract" / "scope.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["tier"] != "dropped" and row["path"] not in _SHARED]
    wrong = [f"{row['path']} -> {owner(row['path'])}" for row in rows if owner(row["path"]) != row["service"]]
    assert len(rows) > 250
    assert not wrong


def test_no_route_leads_to_what_services_tell_each_other() -> None:
    spellings = [prefix for route in load() for prefix in (route.prefix, *route.aliases)]
    assert not [prefix for prefix in spellings if prefix.startswith("/internal") or "/internal".startswith(prefix)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[route]]\nprefix = "/a"\nservice = "nobody"', "unknown service"),
        ('[[route]]\nprefix = "/a"\nservice = "auth"\nstate = "maybe"', "unknown or contradicting members state"),
        ('[[route]]\nprefix = "/a"\nservice = "auth"\ngroup = "a.b"\nreads = "a.c"', "contradicting"),
        ('[[route]]\nprefix = "/a"\nservice = "auth"\ngroup = "A!"', "is no name of a group"),
        (
            '[[route]]\nprefix = "/a"\nservice = "auth"\ngroup = "a.b"\n'
            '[[route]]\nprefix = "/b"\nservice = "users"\ngroup = "a.b"',
            "one service",
        ),
        ('[[route]]\nprefix = "a"\nservice = "auth"', "prefixes start with /"),
        ('[[route]]\nprefix = "/a"\nservice = "auth"\naliases = ["/a"]', "appear once"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "routes.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=message):
        load(path)
