import django_mongodb_backend.fields
from django.db import migrations, models

import core.documents.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="LeadImport",
            fields=[
                ("id", django_mongodb_backend.fields.ObjectIdAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(blank=True, db_column="createdAt", editable=False, null=True)),
                ("updated_at", models.DateTimeField(blank=True, db_column="updatedAt", editable=False, null=True)),
                (
                    "tenant_id",
                    core.documents.fields.AnyField(blank=True, db_column="tenantId", editable=False, null=True),
                ),
                ("import_id", models.CharField(db_column="importId", max_length=60)),
                ("kind", models.CharField(max_length=10)),
                ("file_name", models.CharField(db_column="fileName", max_length=200)),
                ("user_id", core.documents.fields.AnyField(blank=True, db_column="userId", editable=False, null=True)),
                ("status", models.CharField(max_length=20)),
                ("total", models.IntegerField()),
                ("imported", models.IntegerField()),
                ("updated", models.IntegerField()),
                ("failed", models.IntegerField()),
                ("skipped", models.IntegerField()),
                ("finished_at", models.DateTimeField(db_column="finishedAt", null=True)),
            ],
            options={"db_table": "leadimports", "abstract": False, "managed": False},
        ),
    ]
