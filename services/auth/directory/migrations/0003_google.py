"""People are found by their Google account."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("auth_directory", "0002_indexes")]
    operations = [
        CreateIndexes(
            "authdirectory",
            [
                IndexModel(
                    [("googleId", ASCENDING)],
                    name="googleId_1",
                    unique=True,
                    partialFilterExpression={"googleId": {"$type": "string"}},
                )
            ],
        )
    ]
