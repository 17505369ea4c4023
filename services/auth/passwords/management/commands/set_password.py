"""`manage.py set_password EMAIL`: gives a person a password; the way in on a new installation."""

import getpass
import sys
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from services.auth.directory.queries import person_by_email
from services.auth.passwords.resets import set_password
from services.auth.passwords.rules import PASSWORD_CHECKS, PASSWORD_LIMITS


class Command(BaseCommand):
    """Set a password from the terminal or from standard input."""

    help = "Set the password of a person whom auth's directory knows; read from the terminal or standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the address."""
        parser.add_argument("email")

    def handle(self, *args: object, **options: Any) -> None:
        """Check and store the password."""
        person = person_by_email(options["email"])
        if person is None:
            raise CommandError("No such person in auth's directory: create the account first (users: create_operator).")
        password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        broken = [message for holds, message in (*PASSWORD_CHECKS, *PASSWORD_LIMITS) if not holds(password)]
        if broken:
            raise CommandError("; ".join(broken))
        set_password(person, password)
        self.stdout.write("Password set.")
