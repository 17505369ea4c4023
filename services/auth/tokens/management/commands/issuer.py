"""`manage.py issuer`: which kind of access token auth signs, and changing it while auth runs."""

from django.core.management import BaseCommand, CommandError, CommandParser

from services.auth.tokens.issuer import change_issuer, changes, issued_kind

_KINDS = {"legacy": "legacy", "service": "jwks"}
_TOLD = {
    "legacy": "Auth signs tokens as the old system does: both sides take them.",
    "jwks": "Auth signs tokens with its own keys: the old system does not take them.",
}


class Command(BaseCommand):
    """Show or change the issuer."""

    help = "Show which kind of tokens auth signs; legacy or service: sign that kind from now on. Nobody is logged out."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the kind, --reason and --author."""
        parser.add_argument("kind", nargs="?", choices=_KINDS, help="legacy (both sides take them) or service")
        parser.add_argument("--reason", default="", help="why: it is kept")
        parser.add_argument("--author", default="", help="who")

    def handle(self, *args: object, **options: str) -> None:
        """Show or change."""
        if options["kind"]:
            if not options["reason"].strip():
                raise CommandError("Say why: --reason.")
            try:
                change_issuer(_KINDS[options["kind"]], reason=options["reason"][:500], author=options["author"][:100])
            except ValueError as refusal:
                raise CommandError(str(refusal)) from None
        self.stdout.write(_TOLD[issued_kind()])
        for one in changes(5):
            self.stdout.write(
                f"{one['createdAt']:%Y-%m-%d %H:%M} {one['kind']}, {one['author'] or 'somebody'}: {one['reason']}"
            )
