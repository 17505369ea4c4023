"""Index of userpreferences. The contract lists more, which no query of ours uses."""

from django.db import migrations
from pymongo import ASCENDING, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("users_preferences", "0001_initial")]
    operations = [
        CreateIndexes("userpreferences", [IndexModel([("userId", ASCENDING)], name="userId_1", unique=True)]),
    ]
