"""`manage.py load_users FILE`: demo tenants and people; development only."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from services.users.accounts.actions import put_user
from services.users.tenants.actions import put_tenant


class Command(BaseCommand):
    """Load tenants and people from a JSON file."""

    help = "Load demo tenants and people from a JSON file. Development only; idempotent."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: Any) -> None:
        """Write them, with their events."""
        if settings.LEADMESH_ENV == "production":
            raise CommandError("Demo people are not loaded in production.")
        demo = json.loads(options["file"].read_text(encoding="utf-8"))
        for tenant in demo["tenants"]:
            put_tenant(tenant)
        for person in demo["people"]:
            put_user(person | {"status": "active"})
        self.stdout.write(f"{len(demo['tenants'])} tenants and {len(demo['people'])} people loaded.")
