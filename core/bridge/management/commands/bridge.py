"""`manage.py bridge`: runs the bridge for the services of this process, or shows and switches it."""

import json
import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from prometheus_client import start_http_server

from core.bridge.desk import Desk
from core.bridge.leading import LEASE_SECONDS, Bridge
from core.bridge.models import Walk
from core.bridge.sources import sources_of
from core.documents.collection import now

_WHAT = ("run", "status", "on", "off", "walk")


class Row(TypedDict):
    """One collection in the status."""

    service: str
    collection: str
    on: bool
    leader: str | None
    behind: float | None
    walk: Walk | None
    counts: dict[str, int]
    parked: list[str]
    lost: str | None


class Command(BaseCommand):
    """Run, show or switch."""

    help = "What the old system writes past the services becomes revisions and events. Several may run: one leads."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("what", nargs="?", choices=_WHAT, default="run", help="default: %(default)s")
        parser.add_argument("collections", nargs="*", help="for on, off and walk; default: all")
        parser.add_argument(
            "--lease", type=float, default=LEASE_SECONDS, help="how long a dead leader keeps others waiting"
        )
        parser.add_argument("--json", action="store_true", help="for programs (status)")

    def handle(self, *args: object, **options: Any) -> None:
        """Do it. Raises CommandError for a collection that the bridge does not follow, and when a bridge breaks."""
        services = [service for service in settings.SERVICES if sources_of(service)]
        known = {name: service for service in services for name in sources_of(service)}
        strangers = [name for name in options["collections"] if name not in known]
        if strangers:
            raise CommandError(f"The bridge does not follow {strangers[0]}: choose among {', '.join(sorted(known))}.")
        chosen = options["collections"] or sorted(known)
        if options["what"] == "run":
            _run(services, options["lease"])
            return
        if options["what"] != "status":
            _change(
                options["what"], {service: [one for one in chosen if known[one] == service] for service in services}
            )
        self._show(
            [row for service in services for row in _rows(service) if row["collection"] in chosen], options["json"]
        )

    def _show(self, rows: list[Row], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(rows, default=str, indent=2))
            return
        for row in rows:
            self.stdout.write(f"{row['collection']:16} {'; '.join(_said(row))}")


def _run(services: list[str], lease: float) -> None:
    """Run a bridge for each of `services` until SIGTERM. Raises CommandError when one of them breaks."""
    stopping, broken = threading.Event(), list[str]()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    port = os.environ.get("LEADMESH_METRICS_PORT")
    if port:
        start_http_server(int(port), addr=os.environ.get("LEADMESH_METRICS_HOST", "127.0.0.1"))
    file = os.environ.get("LEADMESH_READY_FILE")
    who = f"{settings.LEADMESH_INSTANCE} ({socket.gethostname()}, process {os.getpid()})"

    def work(bridge: Bridge, service: str) -> None:
        try:
            bridge.run()
        finally:
            if not stopping.is_set():
                broken.append(service)
            stopping.set()

    bridges = [(Bridge(one, who, stopping, Path(file) if file else None, lease), one) for one in services]
    threads = [threading.Thread(target=work, args=given, name=given[1]) for given in bridges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if file:
        Path(file).unlink(missing_ok=True)
    if broken:
        raise CommandError(f"The bridge of {', '.join(broken)} broke; its log says why.")


def _change(what: str, chosen: dict[str, list[str]]) -> None:
    for service, names in chosen.items():
        if not names:
            continue
        if what == "walk":
            Desk(service).walk_through(names)
        else:
            Desk(service).switch(names, on=what == "on")


def _rows(service: str) -> list[Row]:
    desk, moment = Desk(service), now()
    state, parked = desk.state(), desk.parked()
    leads = "until" in state and state["until"] > moment
    behind = (moment - state["at"]).total_seconds() if "at" in state else None
    return [
        {
            "service": service,
            "collection": name,
            "on": name not in state.get("off", ()),
            "leader": state["holder"] if leads else None,
            "behind": behind,
            "walk": state.get("walks", {}).get(name),
            "counts": state.get("counts", {}).get(name, {}),
            "parked": [f"{note['documentId']}: {note['error']}" for note in parked if note["collection"] == name],
            "lost": str(state["lostAt"]) if "lostAt" in state else None,
        }
        for name in sorted(sources_of(service))
    ]


def _said(row: Row) -> list[str]:
    said = ["on" if row["on"] else "OFF", f"led by {row['leader']}" if row["leader"] else "NOBODY LEADS"]
    if row["behind"] is not None:
        said.append(f"settled until {row['behind']:.0f} s ago")
    walk = row["walk"]
    if walk:
        said.append(f"walking through ({walk['why']}): {walk.get('done', 0)} of {walk.get('total', '?')}")
    said += [f"{count} {outcome}" for outcome, count in sorted(row["counts"].items())]
    if row["lost"]:
        said.append(f"history lost at {row['lost']}")
    return [*said, *(f"PARKED {line}" for line in row["parked"])]
