"""The commands of the automatic return: `leadmesh incidents` and `leadmesh guard`."""

import json
import sys
from dataclasses import asdict
from typing import Annotated, Any

import typer

from gateway.console import AsJson, Guarded, author, named
from gateway.guard.incidents import Incidents
from gateway.guard.limits import Limits
from gateway.table import groups, load
from gateway.terminal import console
from gateway.terminal import table as table_of

incidents = typer.Typer(help="Groups that went back by themselves, and why.", invoke_without_command=True)
guard = typer.Typer(help="When groups go back by themselves.", invoke_without_command=True)


def add_to(app: typer.Typer, guarded: Guarded) -> None:
    """Add the commands to `app`. guarded: runs a work with the store of the running platform."""

    @incidents.callback()
    def list_(context: typer.Context, as_json: AsJson = False) -> None:
        """Show the latest incidents, newest first."""
        if context.invoked_subcommand is None:
            guarded(lambda store: _list(Incidents(store).latest(50), as_json=as_json))

    @incidents.command()
    def ack(
        number: Annotated[int, typer.Argument(help="The incident: `leadmesh incidents` lists them.")],
        reason: Annotated[str, typer.Option("--reason", help="What was found and done: it is kept.")],
    ) -> None:
        """Say that you took care of an incident: its group may go over again."""

        def acknowledge(number: int, told: Incidents) -> None:
            group = told.acknowledge(number, reason=reason, author=author())
            console.print(f"{group} may go over again: `leadmesh route {group} --to ...`.", soft_wrap=True)

        guarded(lambda store: acknowledge(number, Incidents(store)))

    @guard.callback()
    def limits_(context: typer.Context, as_json: AsJson = False) -> None:
        """Show every group's limits."""
        if context.invoked_subcommand is None:
            guarded(lambda store: _limits(Incidents(store).limits(), as_json=as_json))

    @guard.command()
    def limits(
        group: Annotated[str, typer.Argument(help="A group, such as leads.read.")],
        words: Annotated[list[str], typer.Argument(help="error_rate=0.05 p95=3 minimum=20 ...")],
    ) -> None:
        """Change a group's limits; gateways follow within a second."""
        guarded(lambda store: _changed(Incidents(store), named(group)[0], words))

    app.add_typer(incidents, name="incidents")
    app.add_typer(guard, name="guard")


def _list(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2, default=str) + "\n")
        return
    table = table_of("no.", "at", "group", "why", "bad answers", "told", "acknowledged")
    for one in found:
        told = ", ".join(f"{row['to']}: {row['outcome']}" for row in one["told"][-1:])
        note = one["acknowledged"]
        known = f"{note['by']}: {note['reason']}" if note else "no: the group stays back"
        at = one["at"].isoformat(timespec="seconds")
        table.add_row(str(one["_id"]), at, one["group"], one["why"], str(one["affected"]), told, known)
    console.print(table)


def _limits(own: dict[str, Limits], *, as_json: bool) -> None:
    rows = {group: asdict(own.get(group, Limits())) for group in groups(load())}
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    table = table_of("group", *asdict(Limits()))
    for group, values in rows.items():
        table.add_row(group, *map(str, values.values()))
    console.print(table)


def _changed(told: Incidents, group: str, words: list[str]) -> None:
    limits = told.set_limits(group, words, author=author())
    console.print(f"{group}: {' '.join(f'{name}={value}' for name, value in asdict(limits).items())}", soft_wrap=True)
