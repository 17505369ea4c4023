"""`manage.py rotate_keys`: a new signing key, without logging users out; `--now` when a key leaked."""

from django.core.management import BaseCommand, CommandParser

from services.auth.tokens.keys import add_key, replace_all_keys, retire_old_keys


class Command(BaseCommand):
    """Add a signing key; retire and remove old ones."""

    help = (
        "Add a signing key that signs in ten minutes, and remove keys that are no longer needed. --now: a key leaked; "
        "end all others and every access token that they signed, at once and everywhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare --now."""
        parser.add_argument(
            "--now", action="store_true", help="end every other key and its tokens at once (a key leaked)"
        )

    def handle(self, *args: object, **options: object) -> None:
        """Rotate."""
        if options["now"]:
            self.stdout.write(f"Key {replace_all_keys()} signs now; all others and their tokens are worth nothing.")
            return
        kid = add_key(at_once=False)
        remaining = retire_old_keys()
        self.stdout.write(f"Key {kid} added; {remaining} keys are published.")
