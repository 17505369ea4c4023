import django_mongodb_backend.fields
from django.db import migrations, models

import core.documents.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="BulkOperation",
            fields=[
                ("id", django_mongodb_backend.fields.ObjectIdAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(blank=True, db_column="createdAt", editable=False, null=True)),
                ("updated_at", models.DateTimeField(blank=True, db_column="updatedAt", editable=False, null=True)),
                (
                    "tenant_id",
                    core.documents.fields.AnyField(blank=True, db_column="tenantId", editable=False, null=True),
                ),
                ("operation_id", models.CharField(db_column="operationId", max_length=40)),
                ("operation", models.CharField(max_length=30)),
                ("user_id", core.documents.fields.AnyField(blank=True, db_column="userId", editable=False, null=True)),
                ("status", models.CharField(max_length=20)),
                ("total_records", models.IntegerField(db_column="totalRecords")),
                ("processed_records", models.IntegerField(db_column="processedRecords")),
                ("failed_records", models.IntegerField(db_column="failedRecords")),
                ("undo_operation_id", models.CharField(db_column="undoOperationId", max_length=40, null=True)),
                ("finished_at", models.DateTimeField(db_column="finishedAt", null=True)),
            ],
            options={"db_table": "leadbulkoperations", "abstract": False, "managed": False},
        ),
    ]
