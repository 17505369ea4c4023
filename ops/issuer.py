"""The command `leadmesh issuer`: which kind of tokens auth signs, changed while everything runs."""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from gateway.console import Guarded, author
from gateway.states import Refused, State
from gateway.store import Store
from gateway.table import groups, load
from ops.parts.process import PartFailed

# A management command with the running platform's databases; returns what it printed.
Manage = Callable[..., str]


def add_to(app: typer.Typer, guarded: Guarded, manage: Callable[[], Manage]) -> None:
    """Add the command to `app`. guarded: runs a work with the store; manage: returns what runs management commands."""

    @app.command()
    def issuer(
        kind: Annotated[
            str | None, typer.Argument(help="legacy: both sides take the tokens; service: the services only.")
        ] = None,
        reason: Annotated[str, typer.Option("--reason", help="Why: it is kept.")] = "",
        force: Annotated[bool, typer.Option("--force", help="Even while the old system answers.")] = False,
    ) -> None:
        """Show which kind of tokens auth signs, or sign another kind from now on. Nobody is logged out."""
        guarded(lambda store: _issuer(store, manage(), kind, reason, force=force))


def _issuer(store: Store, manage: Manage, kind: str | None, reason: str, *, force: bool) -> None:
    if kind not in (None, "legacy", "service"):
        raise Refused(f"{kind!r} is no issuer: choose legacy or service.")
    if kind == "service" and not force:
        _check_over(store)
    try:
        sys.stdout.write(manage("issuer", *([kind, f"--reason={reason}", f"--author={author()}"] if kind else [])))
    except PartFailed as failure:
        raise Refused(str(failure)) from None


def _check_over(store: Store) -> None:
    """Raise Refused while the old system answers: it would send away whoever holds a new token."""
    beside, (_, states) = any(one["legacy"] for one in store.gateways()), store.current()
    there = [group for group in groups(load()) if states.get(group, State()).share < 100]
    if beside and there:
        raise Refused(
            f"The old system still answers {', '.join(there)}, and takes no such tokens: first move them, or --force."
        )
