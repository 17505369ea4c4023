"""The commands of the comparison: `leadmesh shadow report`, `passport` and `reset`."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import typer

from gateway.shadow.passport import Passport, Terms, passport_of
from gateway.shadow.results import Results
from gateway.states import Refused
from gateway.store import Store
from gateway.table import groups, load
from gateway.terminal import console
from gateway.terminal import table as table_of

shadow = typer.Typer(help="What comparing the two systems found.", no_args_is_help=True)

Guarded = Callable[[Callable[[Store], None]], None]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Group = Annotated[str, typer.Argument(help="A group, such as leads.read.")]


def add_to(app: typer.Typer, guarded: Guarded) -> None:
    """Add the commands to `app`. guarded: runs its work on the store of the running platform."""

    @shadow.command()
    def report(
        group: Annotated[
            str | None, typer.Argument(help="A group; all that were compared, when there is none.")
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """Show what was compared, what differs, and what could not be judged."""
        guarded(lambda store: _report(store, group, as_json=as_json))

    @shadow.command()
    def passport(group: Group, as_json: AsJson = False) -> None:
        """Show whether a group may move, and why not. Exit code 1 when it may not."""
        guarded(lambda store: _passport(store, group, as_json=as_json))

    @shadow.command()
    def reset(group: Group) -> None:
        """Forget what was compared of a group."""
        guarded(lambda store: _reset(store, group))

    app.add_typer(shadow, name="shadow")


def proof_of(store: Store, group: str, terms: Terms) -> str:
    """Return what the valid passport of a group says. Raises Refused."""
    found = passport_of(group, Results(store.database))
    faults = _faults(store, found, terms)
    if found and not faults:
        return str(found)
    raise Refused(
        f"{group} has no valid passport: {'; '.join(faults)}. Let it be compared (--to shadow), or say --force and why."
    )


def _faults(store: Store, found: Passport | None, terms: Terms) -> list[str]:
    if found is None:
        return ["nothing of it was compared"]
    return [*found.faults(terms), *_changed(store, found)]


def _changed(store: Store, found: Passport) -> list[str]:
    """Return which side runs another version now than the one that was compared."""
    told = []
    for gateway in store.gateways():
        versions = gateway.get("versions", {})
        for name, compared in (("legacy", found.legacy), (groups(load())[found.group], found.service)):
            if versions.get(name, compared) != compared:
                told.append(f"{name} is at {versions[name]} now, {compared} was compared")
    return sorted({*told})


def _known(group: str) -> str:
    if group not in groups(load()):
        raise Refused(f"There is no group {group!r}: `leadmesh routes` lists them.")
    return group


def _report(store: Store, group: str | None, *, as_json: bool) -> None:
    results = Results(store.database)
    names = [_known(group)] if group else sorted({run["group"] for run in results.runs()})
    rows = [_facts(name, results) for name in names]
    if as_json:
        sys.stdout.write(json.dumps([row for row in rows if row], indent=2, default=_plain) + "\n")
        return
    table = table_of("group", "compared", "unexplained", "shapes", "declared answers", "not judged", "left out")
    for row in filter(None, rows):
        counts = [sum(row["unjudged"].values()), sum(row["dropped"].values())]
        seen = f"{row['seen']} of {row['known']}"
        cells = (row["group"], row["compared"], row["different"], row["shapes"], seen, *counts)
        table.add_row(*map(str, cells))
    console.print(table)
    for row in filter(None, rows):
        _print_details(row)


def _facts(group: str, results: Results) -> dict[str, Any]:
    found, runs = passport_of(group, results), results.runs(group)
    if found is None:
        return {}
    names = ("operation", "where", "kind", "old", "new", "count", "side", "request")
    examples = [{name: one.get(name) for name in names} for one in results.examples(runs[0])]
    earlier = [{name: run.get(name, 0) for name in ("legacy", "service", "same", "different")} for run in runs[1:]]
    shapes = [
        {name: one[name] for name in ("operation", "status", "role", "parameters", "body", "count", "different")}
        for one in results.shapes(runs[0])
    ]
    return {**found.told(), "differences": examples, "shapesSeen": shapes, "earlierVersions": earlier}


def _print_details(row: dict[str, Any]) -> None:
    for name, word in (("unjudged", "not judged"), ("dropped", "left out")):
        for reason, count in sorted(row[name].items()):
            console.print(f"{row['group']}: {word}: {reason}: {count}", soft_wrap=True, markup=False)
    for one in row["differences"]:
        told = f"{row['group']}: {one['count']} x {one['operation']} {one['where']} ({one['kind']}): "
        told += f"{one['old']} became {one['new']}, request {one['request']}"
        console.print(told, soft_wrap=True, markup=False)


def _passport(store: Store, group: str, *, as_json: bool) -> None:
    found = passport_of(_known(group), Results(store.database))
    faults = _faults(store, found, Terms())
    if as_json:
        told = {**(found.told() if found else {"group": group}), "valid": not faults, "faults": faults}
        sys.stdout.write(json.dumps(told, indent=2, default=_plain) + "\n")
    else:
        console.print(f"{group}: {found or 'never compared'}.", soft_wrap=True, markup=False)
        for operation in found.missing if found else ():
            console.print(f"  never seen: {operation}", markup=False)
        for fault in faults:
            console.print(f"  not valid: {fault}", soft_wrap=True, markup=False)
    if faults:
        raise typer.Exit(1)


def _reset(store: Store, group: str) -> None:
    Results(store.database).reset(_known(group))
    console.print(f"{group}: what was compared is forgotten.")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    raise TypeError(type(value).__name__)
