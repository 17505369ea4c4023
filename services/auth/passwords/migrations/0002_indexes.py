"""Indexes of credentials."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_passwords", "0001_initial")]
    operations = [
        CreateIndexes(
            "credentials",
            [
                IndexModel([("verificationToken", ASCENDING)], name="verificationToken_1", sparse=True),
                IndexModel([("email", ASCENDING)], name="email_1"),
            ],
        )
    ]
