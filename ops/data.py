"""The commands about the data of both systems: `leadmesh data check` and `leadmesh data split`."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from gateway.terminal import console
from ops.config import python
from ops.home import ROOT

data = typer.Typer(help="The data that both systems share.", no_args_is_help=True)
Environment = Callable[[], Mapping[str, str]]
Fail = Callable[[str], Exception]
_WARNING = (
    "From now on the old system sees what {service} had, not what it writes, and its own writes there fail. "
    "Before any group of {service} is rolled back: `leadmesh data split {service} --back`."
)
Service = Annotated[str | None, typer.Argument(help="auth, users, leads, buyers or analytics; all of them by default.")]


def add_to(
    app: typer.Typer, environment: Environment, groups_elsewhere: Callable[[str], list[str]], fail: Fail
) -> None:
    """Add the commands to `app`. environment: returns that of the platform's services; groups_elsewhere: the groups of a service
    that the old system answers for, wholly or partly; fail: makes the exit of a sentence."""

    @data.command()
    def check(
        service: Service = None,
        as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
        fix: Annotated[bool, typer.Option("--fix", help="Repair what is safe to repair, after a question.")] = False,
        yes: Annotated[bool, typer.Option("--yes", help="With --fix: do not ask.")] = False,
    ) -> None:
        """Find documents that the old system or the services cannot read. Ends with 1 when there are any."""
        words = {"--json": as_json, "--fix": fix, "--yes": yes}
        _manage(
            environment(), "data_check", *([service] if service else []), *(word for word, on in words.items() if on)
        )

    @data.command()
    def split(
        service: Annotated[str, typer.Argument(help="auth, users, leads, buyers or analytics.")],
        to: Annotated[str | None, typer.Option("--to", help="The database; leadmesh_SERVICE by default.")] = None,
        back: Annotated[bool, typer.Option("--back", help="Into the database that all services share.")] = False,
        drop: Annotated[bool, typer.Option("--drop", help="Forget the copy in the place that the data left.")] = False,
        status: Annotated[bool, typer.Option("--status", help="Where the data is, and how far a move is.")] = False,
        force: Annotated[bool, typer.Option("--force", help="Though the old system still answers for it.")] = False,
    ) -> None:
        """Move a service's data into a database of its own, or back, while it works. Can be killed and run again."""
        words = [word for word, on in (("--back", back), ("--drop", drop), ("--status", status)) if on]
        if not words:
            _refuse_divided(service, groups_elsewhere(service), force=force, fail=fail)
            console.print(_WARNING.format(service=service), soft_wrap=True)
        _manage(environment(), "data_split", service, *words, *(["--to", to] if to else []))

    app.add_typer(data, name="data")


def _refuse_divided(service: str, elsewhere: list[str], *, force: bool, fail: Fail) -> None:
    if elsewhere and not force:
        those = ", ".join(elsewhere)
        raise fail(
            f"The old system answers for {those}, and would not see what {service} writes: move them first, or --force."
        )


def _manage(environment: Mapping[str, str], *words: str) -> None:
    """Run a management command with all services in it, here in this terminal, and end as it ends."""
    command = [python(), "-W", "ignore", "services/monolith/manage.py", *words]
    ended = subprocess.run(command, cwd=ROOT, env={**environment}, check=False)  # noqa: S603 - this command
    if ended.returncode:
        sys.exit(ended.returncode)
