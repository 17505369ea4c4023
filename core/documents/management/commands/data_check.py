"""`manage.py data_check [SERVICE] [--json] [--fix [--yes]]`: documents that the old system, or the services, cannot read."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from pymongo.errors import PyMongoError

from core.documents.checking import Finding, Scan, check
from core.documents.declared import declared_of
from core.documents.driver import database

_TELL = 10_000


class Command(BaseCommand):
    """Scan, tell, and with --fix repair what is safe to repair. Ends with 0 when nothing is left to do, with 1 when something is,
    with 2 when it could not look."""

    help = "Find documents that the old system or the services cannot read. Changes nothing without --fix."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("service", nargs="?", help="one of the services; all of this process by default")
        parser.add_argument("--json", action="store_true", help="for programs")
        parser.add_argument("--fix", action="store_true", help="repair what is safe to repair, after a question")
        parser.add_argument("--yes", action="store_true", help="with --fix: do not ask")
        parser.add_argument("--pause", type=float, default=0.02, metavar="SECONDS", help="after each 500 (%(default)s)")

    def handle(self, *args: object, **options: Any) -> None:
        """Check each collection in turn. Raises CommandError with one sentence when that is not possible."""
        services = [options["service"]] if options["service"] else list(settings.SERVICES)
        unknown = [name for name in services if name not in settings.SERVICES]
        if unknown:
            raise CommandError(
                f"There is no service {unknown[0]!r} here: choose {', '.join(settings.SERVICES)}.", returncode=2
            )
        try:
            scan = Scan("", _tenants(), pause=options["pause"], progress=self._progress)
            findings = self._look(services, scan)
            if options["fix"] and self._agreed(findings, options):
                findings = self._look(services, replace(scan, fixes=True))
        except PyMongoError as error:
            raise CommandError(f"MongoDB is out of reach: {type(error).__name__}", returncode=2) from error
        self._tell(findings, as_json=options["json"])
        if any(finding.count > finding.fixed for finding in findings):
            sys.exit(1)

    def _look(self, services: list[str], scan: Scan) -> list[Finding]:
        return [
            finding
            for service in services
            for declared in declared_of(service, own=True)
            for finding in check(declared, replace(scan, service=service))
        ]

    def _agreed(self, findings: list[Finding], options: dict[str, Any]) -> bool:
        fixable = sum(finding.fixable for finding in findings)
        if not fixable or options["yes"]:
            return bool(fixable)
        self._tell(findings, as_json=False)
        if not sys.stdin.isatty():
            raise CommandError("Nobody is there to be asked: say --yes.", returncode=2)
        return input(f"Repair {fixable} of them? [y/N] ").strip().lower() in ("y", "yes")

    def _progress(self, collection: str, count: int) -> None:
        if count % _TELL == 0:
            self.stderr.write(f"  {collection}: {count}")

    def _tell(self, findings: list[Finding], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps({"findings": [finding.told() for finding in findings]}, indent=2))
            return
        for finding in findings:
            left = (
                f", {finding.fixed} repaired"
                if finding.fixed
                else f", {finding.fixable} with --fix" * bool(finding.fixable)
            )
            self.stdout.write(f"{finding.collection}: {finding.count} where {finding.text}{left}")
            self.stdout.write(f"  not readable for: {_SIDES[finding.side]}; ids: {', '.join(finding.examples)}")
            self.stdout.write(f"  {finding.fix}")
        if not findings:
            self.stdout.write("Both sides can read every document.")


_SIDES = {"old": "the old system", "services": "the services", "both": "either"}


def _tenants() -> frozenset[str] | None:
    """Return the ids of all tenants, or None in a process that does not have them."""
    if "users" not in settings.SERVICES:
        return None
    return frozenset(str(key) for key in database("users")["tenants"].distinct("_id"))
