"""`manage.py rebuild_projections [--check | --prune]`: rebuilds the copies of this process's services from their owners."""

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from core.clients.http import ServiceUnavailable
from core.events.rebuilding import Report, rebuild


class Command(BaseCommand):
    """Bring copies up to date, or only compare them."""

    help = "Rebuild the copies of other services' entities from their owners' exports. The owners must run. Repeatable."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--check", action="store_true", help="only compare; exit with 1 when something differs")
        parser.add_argument("--prune", action="store_true", help="also remove copies whose owner has no such entity")

    def handle(self, *args: object, **options: Any) -> None:
        """Run the pass for every service of this process. Raises CommandError when an owner is away or copies differ."""
        drift = 0
        for service in settings.SERVICES:
            try:
                reports = rebuild(service, check=options["check"], prune=options["prune"], progress=self._progress)
            except ServiceUnavailable as error:
                raise CommandError(f"{service}: {error} does not answer; start it and try again.") from None
            for report in reports:
                drift += report.drift
                self.stdout.write(f"{service:10} {self._line(report)}")
        if options["check"] and drift:
            raise CommandError(f"{drift} copies differ; run rebuild_projections without --check.")

    def _progress(self, export: str, done: int) -> None:
        if done and done % 10_000 == 0:
            self.stderr.write(f"  {export}: {done}")

    def _line(self, report: Report) -> str:
        counts = f"{report.missing} missing, {report.stale} stale, {report.extra} extra, {report.current} current"
        return f"{report.export:12} {counts}"
