import django_mongodb_backend.fields
from django.db import migrations, models

import core.documents.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="UserPreferences",
            fields=[
                ("id", django_mongodb_backend.fields.ObjectIdAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(blank=True, db_column="createdAt", editable=False, null=True)),
                ("updated_at", models.DateTimeField(blank=True, db_column="updatedAt", editable=False, null=True)),
                ("user_id", core.documents.fields.AnyField(blank=True, db_column="userId", editable=False, null=True)),
                ("preferences", core.documents.fields.AnyField(blank=True, editable=False, null=True)),
                (
                    "change_history",
                    core.documents.fields.AnyField(blank=True, db_column="changeHistory", editable=False, null=True),
                ),
            ],
            options={
                "verbose_name_plural": "user preferences",
                "db_table": "userpreferences",
                "abstract": False,
                "managed": False,
            },
        ),
    ]
