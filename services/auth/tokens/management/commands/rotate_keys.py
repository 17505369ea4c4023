"""`manage.py rotate_keys`: a new signing key, without logging anyone out."""

from typing import Any

from django.core.management import BaseCommand, CommandParser

from services.auth.tokens.keys import add_key, retire_old_keys


class Command(BaseCommand):
    """Add a signing key; retire and remove old ones."""

    help = "Add a signing key that signs in ten minutes (--now: at once), and remove keys that nobody needs any more."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --now."""
        parser.add_argument("--now", action="store_true", help="sign with the new key at once (a key leaked)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate."""
        kid = add_key(at_once=options["now"])
        remaining = retire_old_keys()
        self.stdout.write(f"Key {kid} added; {remaining} keys are published.")
