"""`manage.py create_operator EMAIL`: the first person of a new installation."""

from typing import Any

from bson import ObjectId
from django.core.management import BaseCommand, CommandError, CommandParser

from services.users.accounts.actions import put_user
from services.users.accounts.documents import UserDocument
from services.users.accounts.queries import user_by_email


class Command(BaseCommand):
    """Create a platform operator; auth's `set_password` then lets the person log in."""

    help = "Create a platform operator (SUPER_ADMIN). Give a password with auth's `manage.py set_password EMAIL`."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare address and names."""
        parser.add_argument("email")
        parser.add_argument("--first-name", default="Platform")
        parser.add_argument("--last-name", default="Operator")

    def handle(self, *args: object, **options: Any) -> None:
        """Create the person."""
        if user_by_email(options["email"]) is not None:
            raise CommandError("This address is taken already.")
        person: UserDocument = {
            "_id": ObjectId(),
            "email": options["email"],
            "firstName": options["first_name"],
            "lastName": options["last_name"],
            "roles": ["SUPER_ADMIN"],
            "status": "active",
        }
        created = put_user(person)
        self.stdout.write(str(created["_id"]))
