import django_mongodb_backend.fields
from django.db import migrations, models

import core.documents.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="CommunicationLog",
            fields=[
                ("id", django_mongodb_backend.fields.ObjectIdAutoField(primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(blank=True, db_column="createdAt", editable=False, null=True)),
                ("updated_at", models.DateTimeField(blank=True, db_column="updatedAt", editable=False, null=True)),
                (
                    "tenant_id",
                    core.documents.fields.AnyField(blank=True, db_column="tenantId", editable=False, null=True),
                ),
                ("lead_id", core.documents.fields.AnyField(blank=True, db_column="leadId", editable=False, null=True)),
                ("user_id", core.documents.fields.AnyField(blank=True, db_column="userId", editable=False, null=True)),
                ("type", models.CharField(max_length=10)),
                ("direction", models.CharField(max_length=10)),
                ("to", models.CharField(max_length=40)),
                ("status", models.CharField(max_length=10)),
                ("message_id", models.CharField(db_column="messageId", max_length=60, null=True)),
                ("cost", core.documents.fields.AnyField(blank=True, editable=False, null=True)),
                ("error", models.CharField(max_length=300, null=True)),
            ],
            options={"db_table": "communicationlogs", "abstract": False, "managed": False},
        ),
    ]
