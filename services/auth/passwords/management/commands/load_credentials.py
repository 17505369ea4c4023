"""`manage.py load_credentials FILE`: passwords of demo people; development only."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from services.auth.directory.actions import project
from services.auth.passwords.actions import store_password


class Command(BaseCommand):
    """Load the people of a demo file with the one password that the file names."""

    help = "Load credentials of demo people from a JSON file. Development only; idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: Any) -> None:
        """Store directory entries (until users' events arrive) and credentials."""
        if settings.LEADMESH_ENV == "production":
            raise CommandError("Demo people are not loaded in production.")
        demo = json.loads(options["file"].read_text(encoding="utf-8"))
        for person in demo["people"]:
            names = ("email", "firstName", "lastName", "roles", "tenantId")
            fields = {name: person.get(name) for name in names} | {"status": "active"}
            project(person["_id"], 0, fields)
            store_password(person["_id"], person["email"], demo["password"])
        self.stdout.write(f"{len(demo['people'])} people can log in.")
