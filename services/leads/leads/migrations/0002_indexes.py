"""Indexes of leads: those of the contract, and ours."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, TEXT, IndexModel

from core.documents.indexes import CreateIndexes


class Migration(migrations.Migration):
    dependencies = [("leads_leads", "0001_initial")]
    operations = [
        CreateIndexes(
            "leads",
            [
                IndexModel([("leadId", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("leadId", ASCENDING)]),
                IndexModel(
                    [("tenantId", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)], name="list_createdAt"
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("updatedAt", DESCENDING), ("_id", DESCENDING)], name="list_updatedAt"
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("status", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                    name="status_createdAt",
                ),
                IndexModel(
                    [
                        ("tenantId", ASCENDING),
                        ("assignedTo", ASCENDING),
                        ("createdAt", DESCENDING),
                        ("_id", DESCENDING),
                    ],
                    name="assignedTo_createdAt",
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("source", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                    name="source_createdAt",
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("priority", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                    name="priority_createdAt",
                ),
                IndexModel([("tenantId", ASCENDING), ("score", DESCENDING), ("_id", DESCENDING)], name="list_score"),
                IndexModel(
                    [("tenantId", ASCENDING), ("nextFollowUpDate", DESCENDING), ("_id", DESCENDING)],
                    name="list_nextFollowUpDate",
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("lastContactDate", DESCENDING), ("_id", DESCENDING)],
                    name="list_lastContactDate",
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("expectedCloseDate", DESCENDING), ("_id", DESCENDING)],
                    name="list_expectedCloseDate",
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("closeValue", DESCENDING), ("_id", DESCENDING)], name="list_closeValue"
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("tags", ASCENDING), ("createdAt", DESCENDING), ("_id", DESCENDING)],
                    name="tags_createdAt",
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("emailKey", ASCENDING)],
                    name="emailKey_unique",
                    unique=True,
                    partialFilterExpression={"emailKey": {"$exists": True}},
                ),
                IndexModel(
                    [("tenantId", ASCENDING), ("phoneKey", ASCENDING)],
                    name="phoneKey_unique",
                    unique=True,
                    partialFilterExpression={"phoneKey": {"$exists": True}},
                ),
                IndexModel([("tenantId", ASCENDING), ("contactInfo.email", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("contactInfo.phone", ASCENDING)]),
                IndexModel(
                    [
                        ("tenantId", ASCENDING),
                        ("contactInfo.firstName", TEXT),
                        ("contactInfo.lastName", TEXT),
                        ("contactInfo.email", TEXT),
                        ("contactInfo.phone", TEXT),
                        ("notes", TEXT),
                        ("tags", TEXT),
                    ],
                    name="search",
                ),
            ],
        ),
    ]
