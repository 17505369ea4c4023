import django_mongodb_backend.fields
from django.db import migrations, models

import core.documents.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ScoringConfiguration",
            fields=[
                ("id", django_mongodb_backend.fields.ObjectIdAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(blank=True, db_column="createdAt", editable=False, null=True)),
                ("updated_at", models.DateTimeField(blank=True, db_column="updatedAt", editable=False, null=True)),
                (
                    "tenant_id",
                    core.documents.fields.AnyField(blank=True, db_column="tenantId", editable=False, null=True),
                ),
                ("configuration", core.documents.fields.AnyField(blank=True, editable=False, null=True)),
                (
                    "updated_by",
                    core.documents.fields.AnyField(blank=True, db_column="updatedBy", editable=False, null=True),
                ),
            ],
            options={"db_table": "leadscoringconfigurations", "abstract": False, "managed": False},
        ),
        migrations.CreateModel(
            name="ScoringRun",
            fields=[
                ("id", django_mongodb_backend.fields.ObjectIdAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(blank=True, db_column="createdAt", editable=False, null=True)),
                ("updated_at", models.DateTimeField(blank=True, db_column="updatedAt", editable=False, null=True)),
                (
                    "tenant_id",
                    core.documents.fields.AnyField(blank=True, db_column="tenantId", editable=False, null=True),
                ),
                ("job_id", models.CharField(db_column="jobId", max_length=40)),
                ("status", models.CharField(max_length=20)),
                ("total", models.IntegerField()),
                ("processed", models.IntegerField()),
                ("failed", models.IntegerField()),
                ("milliseconds", core.documents.fields.AnyField(blank=True, editable=False, null=True)),
                (
                    "started_by",
                    core.documents.fields.AnyField(blank=True, db_column="startedBy", editable=False, null=True),
                ),
                ("finished_at", models.DateTimeField(db_column="finishedAt", null=True)),
            ],
            options={"db_table": "leadscoringruns", "abstract": False, "managed": False},
        ),
    ]
