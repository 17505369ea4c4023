"""`manage.py data_split SERVICE [--to NAME | --back | --drop | --status]`: a service's data into another database, and back."""

import json
import os
import socket
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from pymongo.errors import PyMongoError

from core.documents import placement
from core.documents.declared import declared_of
from core.documents.driver import home as home_of
from core.documents.fencing import MOVED
from core.documents.moving import Refused, prepared
from core.documents.preparing import COLLECTION, Lock, LockLost, holding

# Dead for this long is dead: a command that goes on after a kill waits no longer.
_LEASE_SECONDS = 10.0
_TELL_SECONDS = 1.0


class Command(BaseCommand):
    """Move, tell how far it is, and how long the service had to wait. Can be killed, and run again, at any time."""

    help = "Move a service's collections into another database of the same deployment while it works, or back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("service")
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--to", metavar="NAME", help="the database (default: leadmesh_SERVICE)")
        way.add_argument("--back", action="store_true", help="into the database of the settings")
        way.add_argument("--drop", action="store_true", help="forget the copy in the place that the data left")
        way.add_argument("--status", action="store_true", help="where the data is, and how far a move is; JSON")

    def handle(self, *args: object, **options: Any) -> None:
        """Do it. Raises CommandError with one sentence when it cannot be done."""
        service = options["service"]
        if service not in settings.SERVICES:
            raise CommandError(f"There is no service {service!r} here: choose {', '.join(settings.SERVICES)}.")
        try:
            if options["status"]:
                self._status(service)
            elif options["drop"]:
                self._drop(service)
            else:
                self._move(
                    service, home_of(service).name if options["back"] else options["to"] or f"leadmesh_{service}"
                )
        except (Refused, LockLost) as error:
            raise CommandError(str(error)) from error
        except PyMongoError as error:
            why = f"MongoDB refused or is out of reach ({type(error).__name__}: {error}"
            raise CommandError(f"{why:.300}). Run it again: it goes on where it was.") from error

    def _move(self, service: str, target: str) -> None:
        said = [0.0]

        def tell(line: str) -> None:
            if time.monotonic() - said[0] > _TELL_SECONDS or "compared" in line:
                said[0] = time.monotonic()
                self._say(line)

        who = f"data_split {service} ({socket.gethostname()}, process {os.getpid()})"
        lock = Lock(home_of(service)[COLLECTION], who, _LEASE_SECONDS)
        own = [declared.name for declared in declared_of(service, own=True)]
        with holding(lock, self._say):
            seconds = prepared(service, target, own, tell).run()
        self._say(f"{service} is in {target} now. Its data could not be used for {seconds:.2f} s.")

    def _status(self, service: str) -> None:
        home = home_of(service)
        note: Any = home[placement.COLLECTION].find_one({"_id": service}) or {"database": home.name, "state": "steady"}
        move = note.get("move")
        told = {"service": service, "home": home.name, "database": note["database"], "state": note["state"]}
        parts = {name: f"{one['copied']} of {one['total']}" for name, one in (move or {}).get("parts", {}).items()}
        going = {"to": move["target"], "phase": move["phase"], "copied": parts} if move else None
        self._say(json.dumps({**told, "move": going}, indent=2))

    def _drop(self, service: str) -> None:
        home = home_of(service)
        note: Any = home[placement.COLLECTION].find_one({"_id": service}) or {}
        last = note.get("last")
        if note.get("move") or not last:
            raise Refused(f"{service} has no copy that could be dropped" + ": its move is not over." * ("move" in note))
        if last["source"] == home.name:
            # The views stay: they keep whoever does not know of the move from writing there.
            for declared in declared_of(service, own=True):
                home.drop_collection(MOVED + declared.name)
        else:
            home.client.drop_database(last["source"])
        self._say(f"The copy of {service} in {last['source']} is gone.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
