"""Imports: runs (core.events.runs) with the rows of their file in parts, and the rows that could not be taken.

A lead of an import holds its `importId`. Parts and problems go after a week; the run stays.
"""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.models import TenantDocumentModel

IMPORTS = Collection("leadimports", service="leads", tenant="text")
PARTS = Collection("leadimportparts", service="leads", tenant="text")
PROBLEMS = Collection("leadimportproblems", service="leads", tenant="text")


class LeadImport(TenantDocumentModel):
    """A file of leads."""

    import_id = models.CharField(db_column="importId", max_length=60)
    kind = models.CharField(max_length=10)
    file_name = models.CharField(db_column="fileName", max_length=200)
    user_id = AnyField(db_column="userId")
    status = models.CharField(max_length=20)
    total = models.IntegerField()
    imported = models.IntegerField()
    updated = models.IntegerField()
    failed = models.IntegerField()
    skipped = models.IntegerField()
    finished_at = models.DateTimeField(db_column="finishedAt", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "leadimports"

    def __str__(self) -> str:
        return f"{self.file_name} {self.import_id}"
