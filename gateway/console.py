"""The commands of the way over and back: `leadmesh routes`, `route` and `rollback`."""

import getpass
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Annotated, Any

import typer
from pymongo.errors import PyMongoError

from gateway.guard.incidents import Incidents
from gateway.shadow.console import add_to as add_shadow
from gateway.shadow.console import proof_of
from gateway.shadow.passport import Terms
from gateway.states import Refused, State, parsed
from gateway.store import Store
from gateway.table import groups, load
from gateway.terminal import console
from gateway.terminal import table as table_of

# Who types, where the process belongs to somebody else.
AUTHOR = "LEADMESH_AUTHOR"
routes = typer.Typer(help="Where the groups of routes go, and who changed it.", invoke_without_command=True)
FORCED = "forced"
_SECONDS, _ASK_SECONDS = 10.0, 0.02

Connect = Callable[[], Store]
Guarded = Callable[[Callable[[Store], None]], None]
Reason = Annotated[str, typer.Option("--reason", help="Why: it is kept in the history.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


def guarding(connect: Connect, fail: Callable[[str], Exception]) -> Guarded:
    """Return what runs a work with the store. connect: returns the store of the running platform; fail: makes the exit of a
    sentence."""

    def guarded(work: Callable[[Store], None]) -> None:
        try:
            work(connect())
        except Refused as refusal:
            raise fail(str(refusal)) from None
        except PyMongoError as error:
            raise fail(f"The states are out of reach ({type(error).__name__}); the last ones stay in force.") from None

    return guarded


def add_to(app: typer.Typer, guarded: Guarded) -> None:
    """Add the commands to `app`. guarded: runs a work with the store of the running platform."""

    @routes.callback()
    def list_(context: typer.Context, as_json: AsJson = False) -> None:
        """Show every group, where it goes, and since when."""
        if context.invoked_subcommand is None:
            guarded(lambda store: _list(store, as_json=as_json))

    @routes.command()
    def history(
        lines: Annotated[int, typer.Option("-n", "--lines", min=1, max=10_000, help="How many changes.")] = 20,
        as_json: AsJson = False,
    ) -> None:
        """Show the latest changes, newest first."""
        guarded(lambda store: _history(store, lines, as_json=as_json))

    @app.command()
    def route(
        group: Annotated[str, typer.Argument(help="A group, such as leads.read: `leadmesh routes` lists them.")],
        to: Annotated[str, typer.Option("--to", help="legacy, shadow, canary=10 or service.")],
        reason: Reason,
        by: Annotated[
            str, typer.Option("--by", help="Who stays on one side of a canary: person or tenant.")
        ] = "person",
        share: Annotated[
            int | None, typer.Option("--share", help="Percent of the requests that are compared with the other side.")
        ] = None,
        compared: Annotated[
            int, typer.Option("--compared", min=1, help="How many compared requests the passport needs.")
        ] = Terms.compared,
        force: Annotated[
            bool, typer.Option("--force", help="Without a passport, or after an incident; it is kept in the history.")
        ] = False,
    ) -> None:
        """Send a group of routes to the old system, compared or not, to the service, or to both by share.

        More than a tenth of the callers go to the service only with a valid passport (`leadmesh shadow passport`)."""
        terms = Terms(compared=compared, above=int(os.environ.get("LEADMESH_PASSPORT_ABOVE") or Terms.above))
        guarded(lambda store: _route(store, named(group)[0], _state(to, by, share), reason, None if force else terms))

    @app.command()
    def rollback(
        what: Annotated[str | None, typer.Argument(help="A service or a group.")] = None,
        everything: Annotated[bool, typer.Option("--all", help="All groups.")] = False,
        reason: Annotated[str, typer.Option("--reason", help="Why: it is kept in the history.")] = "rollback",
    ) -> None:
        """Send a service's groups, or all, back to the old system."""
        guarded(lambda store: _move(store, _below(what, everything=everything), State("legacy", 0), reason))

    app.add_typer(routes, name="routes")
    add_shadow(app, guarded)


def _state(to: str, by: str, compared: int | None) -> State:
    if by not in ("person", "tenant"):
        raise Refused(f"{by!r} cannot stay on one side: choose person or tenant.")
    return parsed(to, by, compared)  # type: ignore[arg-type]


def _route(store: Store, group: str, state: State, reason: str, terms: Terms | None) -> None:
    """Move a group; more callers than before go to the service by a passport only, or by force (without `terms`)."""
    before = store.current()[1].get(group, State()).share
    beside = any(one["legacy"] for one in store.gateways())
    proof = ""
    if terms is None:
        proof = FORCED
    elif beside and state.share > max(before, terms.above):
        proof = proof_of(store, group, terms)
    _move(store, [group], state, reason, proof)


def named(group: str) -> list[str]:
    """Return a group's name, if there is one of that name. Raises Refused."""
    if group not in groups(load()):
        raise Refused(f"There is no group {group!r}: `leadmesh routes` lists them.")
    return [group]


def _below(what: str | None, *, everything: bool) -> list[str]:
    """Return the groups that a rollback means. Raises Refused."""
    known = groups(load())
    if everything == (what is not None):
        raise Refused("Name a service or a group, or say --all.")
    found = [name for name, service in known.items() if everything or what in (name, service, name.partition(".")[0])]
    if not found:
        raise Refused(f"There is no service and no group {what!r}: `leadmesh routes` lists them.")
    return found


def _move(store: Store, names: list[str], state: State, reason: str, proof: str = "") -> None:
    """Store the change, wait until every gateway serves it, and say how long that took."""
    gateways = store.gateways()
    if not gateways:
        raise Refused("No gateway's agent is alive, so no gateway would follow: `leadmesh status`.")
    if state.kind != "service" and not all(one["legacy"] for one in gateways):
        raise Refused("The gateway knows no old system: set LEADMESH_LEGACY_URL and start it again.")
    begun = time.monotonic()
    checked = None if proof == FORCED or not state.share else Incidents(store).unless_open(names)
    version = store.change(names, state, reason=reason, author=author(), proof=proof, also=checked)
    waiting = {one["_id"] for one in gateways}
    while time.monotonic() < begun + _SECONDS:
        alive = store.gateways()
        waiting = {one["_id"] for one in alive if one["version"] < version}
        if not waiting:
            seconds = time.monotonic() - begun
            what = names[0] if len(names) == 1 else f"{len(names)} groups ({names[0]} to {names[-1]})"
            console.print(f"{what}: {state}. Served by {_count(len(alive))} after {seconds:.2f} s.", soft_wrap=True)
            return
        time.sleep(_ASK_SECONDS)
    why = "; ".join(f"{one['_id']}: {one['trouble'] or 'silent'}" for one in store.gateways() if one["_id"] in waiting)
    raise Refused(
        f"Stored as version {version}, but not served after {_SECONDS:.0f} s by {why or 'a gateway that went'}."
    )


def _count(gateways: int) -> str:
    return "the gateway" if gateways == 1 else f"all {gateways} gateways"


def author() -> str:
    """Return who runs this command."""
    try:
        return os.environ.get(AUTHOR) or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _list(store: Store, *, as_json: bool) -> None:
    version, states = store.current()
    latest = {change.group: change for change in reversed(store.history(1_000))}
    rows: list[dict[str, Any]] = []
    for group, service in groups(load()).items():
        state, change = states.get(group, State()), latest.get(group)
        told = {"since": change.at.isoformat(timespec="seconds"), "reason": change.reason} if change else {}
        rows.append({"group": group, "service": service, "state": str(state), "since": "", "reason": "", **told})
    served = [{"gateway": one["_id"], "version": one["version"], "trouble": one["trouble"]} for one in store.gateways()]
    if as_json:
        sys.stdout.write(json.dumps({"version": version, "groups": rows, "gateways": served}, indent=2) + "\n")
        return
    table = table_of("group", "service", "goes to", "since", "reason")
    for row in rows:
        table.add_row(*row.values())
    console.print(table)
    for one in served:
        behind = (
            ""
            if one["version"] == version
            else f", {version} is wanted" + f" ({one['trouble']})" * bool(one["trouble"])
        )
        console.print(f"{one['gateway']} serves version {one['version']}{behind}.")


def _history(store: Store, lines: int, *, as_json: bool) -> None:
    changes = store.history(lines)
    rows = [
        (
            str(one.version),
            one.at.isoformat(timespec="seconds"),
            one.group,
            str(one.state),
            one.author,
            one.reason,
            one.proof,
        )
        for one in changes
    ]
    names = ("version", "at", "group", "state", "author", "reason", "proof")
    if as_json:
        sys.stdout.write(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2) + "\n")
        return
    table = table_of(*names)
    for row in rows:
        table.add_row(*row)
    console.print(table)
