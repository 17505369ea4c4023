"""The index by which the token of a confirmation is found."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_passwords", "0002_indexes")]
    operations = [
        CreateIndexes(
            "credentials", [IndexModel([("newEmail.token", ASCENDING)], name="newEmail.token_1", sparse=True)]
        )
    ]
