"""Indexes of roles and userroles: names are unique in their tenant, assignments while they are active."""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes, DropUniqueIndex

_ASSIGNMENT = ("userId", "roleId", "tenantId")
_ACTIVE = {"isActive": True}


class Migration(migrations.Migration):
    dependencies = [("users_roles", "0001_initial")]
    operations = [
        # The old system's: names were unique across tenants, and a revoked role could never be assigned again.
        DropUniqueIndex("roles", ["name"]),
        DropUniqueIndex("userroles", _ASSIGNMENT),
        CreateIndexes(
            "roles",
            [
                IndexModel([("tenantId", ASCENDING), ("name", ASCENDING)], name="tenantId_1_name_1", unique=True),
                IndexModel([("tenantId", ASCENDING), ("createdAt", DESCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("inheritedRoles", ASCENDING)]),
            ],
        ),
        CreateIndexes(
            "userroles",
            [
                IndexModel(
                    [(key, ASCENDING) for key in _ASSIGNMENT],
                    name="active_userId_roleId_tenantId",
                    unique=True,
                    partialFilterExpression=_ACTIVE,
                ),
                IndexModel([("userId", ASCENDING)]),
                IndexModel([("roleId", ASCENDING)]),
                IndexModel([("tenantId", ASCENDING), ("assignedAt", DESCENDING)]),
                IndexModel([("expiresAt", ASCENDING)], name="active_expiresAt", partialFilterExpression=_ACTIVE),
                IndexModel([("stale", ASCENDING)], sparse=True),
            ],
        ),
    ]
