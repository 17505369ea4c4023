"""The `leadmesh` command: `leadmesh --help` lists what it can do."""

import json
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from gateway.commands import add_to as add_gateway
from gateway.states import SERVICE, State
from gateway.store import Store
from gateway.table import groups, load
from gateway.terminal import console, errors
from ops import show
from ops.config import Config, read
from ops.control import NotRunning, ask
from ops.data import add_to as add_data
from ops.issuer import add_to as add_issuer
from ops.parts.process import PartFailed
from ops.running import check, detached, down, foreground
from ops.seed import seed as load_demo
from ops.supervisor import Supervisor, reaches
from ops.tokens import token as make_token

app = typer.Typer(
    help="Run, watch and change a Leadmesh platform on this machine.",
    epilog="In a cluster: routes, route and rollback with --context NAME, --namespace NAME or both.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Service = Annotated[
    str, typer.Argument(help="auth, users, leads, buyers, analytics; or mongodb, redis, gateway, agent")
]
_CHANGE_SECONDS = 60.0


def _fail(sentence: str) -> typer.Exit:
    errors.print(sentence, soft_wrap=True)
    return typer.Exit(2)


def _read(**words: bool) -> Config:
    try:
        return read(**words)
    except OSError as error:
        raise _fail(f"LEADMESH_HOME cannot be used: {error.filename}: {error.strerror}.") from None


def _ask(request: dict[str, Any]) -> Any:
    config = _read()
    try:
        return ask(config.home.socket, request)
    except NotRunning:
        raise _fail("No platform is running here: start one with `./leadmesh up`.") from None
    except ValueError as refusal:
        raise _fail(str(refusal)) from None


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Run in the background.")] = False,
    monolith: Annotated[bool, typer.Option("--monolith", help="All services in one process.")] = False,
    no_seed: Annotated[bool, typer.Option("--no-seed", help="Without demo data.")] = False,
    instead: Annotated[
        bool, typer.Option("--instead", help="Of the platform that runs here: it is stopped first.")
    ] = False,
) -> None:
    """Start the platform: databases, services, workers, gateway, demo data."""
    config = _read(monolith=monolith, seed=not no_seed)
    if instead:
        down(config)
    try:
        check(config)
        if detach:
            detached(config, [*(["--monolith"] if monolith else []), *(["--no-seed"] if no_seed else [])])
            show.summary(config)
        else:
            foreground(config)
    except PartFailed as failure:
        raise _fail(str(failure)) from None
    except OSError as error:
        raise _fail(f"The platform cannot keep its state in {config.home.folder}: {error.strerror or error}.") from None


@app.command(name="down")
def down_command() -> None:
    """Stop the platform and everything it started."""
    if not down(_read()):
        raise _fail("No platform is running here.")
    console.print("Stopped.")


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show every process: what runs, where, since when, how often it was restarted."""
    facts = _ask({"do": "status"})
    if as_json:
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
    else:
        show.status(facts)


@app.command()
def start(service: Service) -> None:
    """Start a stopped service, with its worker, and wait until it is ready."""
    _ask({"do": "start", "name": service})
    _await(service, lambda facts: _ready(facts, service), "ready")


@app.command()
def stop(service: Service) -> None:
    """Stop a service with its worker; everything else goes on."""
    _ask({"do": "stop", "name": service})
    _await(service, lambda facts: _gone(facts, service), "stopped")


@app.command()
def restart(service: Service) -> None:
    """Stop a service and start it again."""
    _ask({"do": "restart", "name": service})
    time.sleep(1)
    _await(service, lambda facts: _ready(facts, service), "ready")


@app.command()
def scale(service: Service, count: Annotated[int, typer.Argument(help="How many web instances.")]) -> None:
    """Run that many web instances of a service; the gateway spreads requests over them."""
    _ask({"do": "scale", "name": service, "count": count})
    _await(service, lambda facts: _ready(facts, service), f"running with {count} instances")


def _await(service: str, reached: Any, word: str) -> None:
    deadline = time.monotonic() + _CHANGE_SECONDS
    while time.monotonic() < deadline:
        if reached(_ask({"do": "status"})):
            console.print(f"{service} is {word}.")
            return
        time.sleep(0.2)
    raise _fail(f"{service} is not {word} after {_CHANGE_SECONDS:.0f} seconds: `./leadmesh logs {service}`.")


def _ready(facts: dict[str, Any], name: str) -> bool:
    if name in facts["parts"]:
        return bool(facts["parts"][name]["ready"])
    service = facts["services"][name]
    running = [instance for instance in service["instances"] if instance["ready"]]
    exact = len(running) == service["desired"] == len(service["instances"])
    return exact and bool(service["worker"] and service["worker"]["ready"]) and _reached(facts["gateway"]["url"], name)


def _reached(url: str, name: str) -> bool:
    try:
        return reaches(url, name)
    except httpx.HTTPError:
        return False


def _gone(facts: dict[str, Any], name: str) -> bool:
    if name in facts["parts"]:
        return not facts["parts"][name]["ready"]
    service = facts["services"][name]
    return not service["instances"] and service["worker"] is None and service["bridge"] is None


@app.command()
def logs(
    service: Service,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with new lines.")] = False,
    lines: Annotated[int, typer.Option("-n", "--lines", help="How many old lines.")] = 50,
) -> None:
    """Show the latest log lines of a service's processes."""
    folder = _read().home.folder / "logs"
    files = sorted({*folder.glob(f"{service}.log"), *folder.glob(f"{service}-*.log")})
    if not files:
        raise _fail(f"There are no logs of {service!r} in {folder}.")
    for file in files:
        for line in deque(file.open(encoding="utf-8", errors="replace"), maxlen=lines):
            sys.stdout.write(f"{file.stem} | {line}")
    if follow:
        _follow(files)


def _follow(files: list[Path]) -> None:
    opened = [(path.stem, path.open(encoding="utf-8", errors="replace")) for path in files]
    for _, file in opened:
        file.seek(0, 2)
    try:
        while True:
            for name, file in opened:
                for line in file:
                    sys.stdout.write(f"{name} | {line}")
            sys.stdout.flush()
            time.sleep(0.3)
    except KeyboardInterrupt:
        return


@app.command()
def seed(force: Annotated[bool, typer.Option("--force", help="Even if it is there.")] = False) -> None:
    """Load the demo data into the running platform."""
    config = _read()
    try:
        loaded = load_demo(config, _manage(config), show.tell, force=force)
    except PartFailed as failure:
        raise _fail(str(failure)) from None
    if not loaded:
        console.print("The demo data is there already; --force loads it again.")


def _environment_of(config: Config, facts: dict[str, Any]) -> None:
    for name, variable in (("mongodb", "MONGODB_URI"), ("redis", "REDIS_URL")):
        if name in facts["parts"]:
            config.environment[variable] = facts["parts"][name]["uri"]


def _manage(config: Config) -> Callable[..., str]:
    """Return what runs a management command on the running platform's databases."""
    _environment_of(config, _ask({"do": "status"}))
    return Supervisor(config, show.tell).manage


def _store() -> Store:
    config = _read()
    _environment_of(config, _ask({"do": "status"}))
    return Store.of(config.environment)


add_issuer(app, add_gateway(app, _store, _fail), lambda: _manage(_read()))


@app.command()
def bridge(
    what: Annotated[str, typer.Argument(help="status, on, off or walk (tell all documents again).")] = "status",
    collections: Annotated[list[str] | None, typer.Argument(help="leads, buyers, users, ...; default: all.")] = None,
) -> None:
    """Show or switch the bridge, which makes events of what the old system writes."""
    if what not in ("status", "on", "off", "walk"):
        raise _fail(f"{what!r} is none of status, on, off and walk.")
    try:
        sys.stdout.write(_manage(_read())("bridge", what, *(collections or ())))
    except PartFailed as failure:
        raise _fail(str(failure)) from None


def _services_environment() -> dict[str, str]:
    """Return the environment of the services: as given, or with the databases of the running platform."""
    config = _read()
    if not config.environment.get("MONGODB_URI"):
        _environment_of(config, _ask({"do": "status"}))
    return config.environment | {"LEADMESH_ENDPOINTS_FILE": str(config.home.endpoints)}


def _groups_elsewhere(service: str) -> list[str]:
    """Return the groups of a service that the old system answers for, wholly or partly."""
    states = _store().current()[1]
    return [
        name for name, owner in groups(load()).items() if owner == service and str(states.get(name, State())) != SERVICE
    ]


add_data(app, _services_environment, _groups_elsewhere, _fail)


@app.command()
def token(
    role: Annotated[str, typer.Option("--role", help="admin, manager, user, viewer, SUPER_ADMIN, ...")],
    tenant: Annotated[str | None, typer.Option("--tenant", help="A tenant's document id, or none.")] = None,
) -> None:
    """Print an access token, and nothing else. Development only."""
    try:
        sys.stdout.write(make_token(_read(), role, tenant) + "\n")
    except ValueError as refusal:
        raise _fail(str(refusal)) from None
