"""The commands about the data of both systems: `leadmesh data check`."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from ops.config import python
from ops.home import ROOT

data = typer.Typer(help="The data that both systems share.", no_args_is_help=True)
Environment = Callable[[], Mapping[str, str]]
Service = Annotated[str | None, typer.Argument(help="auth, users, leads, buyers or analytics; all of them by default.")]


def add_to(app: typer.Typer, environment: Environment) -> None:
    """Add the commands to `app`. environment: returns that of the platform's services."""

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

    app.add_typer(data, name="data")


def _manage(environment: Mapping[str, str], *words: str) -> None:
    """Run a management command with all services in it, here in this terminal, and end as it ends."""
    command = [python(), "-W", "ignore", "services/monolith/manage.py", *words]
    ended = subprocess.run(command, cwd=ROOT, env={**environment}, check=False)  # noqa: S603 - this command
    if ended.returncode:
        sys.exit(ended.returncode)
