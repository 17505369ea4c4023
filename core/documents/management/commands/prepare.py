"""`manage.py prepare`: migrations and indexes of every database that this process knows."""

from django.conf import settings
from django.core.management import BaseCommand, call_command


class Command(BaseCommand):
    """Run `migrate` once per database; idempotent, safe to run beside a serving process."""

    help = "Apply migrations and indexes to every database of this process. Idempotent."

    def handle(self, *args: object, **options: object) -> None:
        """Migrate each database in turn."""
        for alias in settings.DATABASES:
            self.stdout.write(f"Preparing {settings.DATABASES[alias]['NAME']}")
            call_command("migrate", database=alias, interactive=False, verbosity=options["verbosity"])
