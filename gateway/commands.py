"""The commands of the gateway, here as part of `leadmesh`, and in the agent's container (`python -m gateway.commands`)."""

from collections.abc import Callable

import typer

from gateway import console, environment
from gateway.guard import console as incidents
from gateway.store import Store
from gateway.terminal import errors


def add_to(app: typer.Typer, connect: Callable[[], Store], fail: Callable[[str], Exception]) -> console.Guarded:
    """Add all commands to `app`, and return what runs the work of further ones. connect: returns the store of the states; fail:
    makes the exit of a sentence."""
    guarded = console.guarding(connect, fail)
    console.add_to(app, guarded)
    incidents.add_to(app, guarded)
    return guarded


def main() -> None:
    """Run a command on the states of the database that the environment names."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    add_to(app, lambda: Store.of(environment.database()), _failed)
    app(prog_name="leadmesh")


def _failed(sentence: str) -> typer.Exit:
    errors.print(sentence, soft_wrap=True)
    return typer.Exit(2)


if __name__ == "__main__":
    main()
