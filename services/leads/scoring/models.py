"""Scoring: a tenant's configuration, and the runs that score all its leads again.

A run writes `score` into each lead, and `scoring` (category, when, and the points of each factor), which the wire does not show.
"""

from django.db import models

from core.documents.collection import Collection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel
from services.leads.scoring.documents import ConfigurationDocument, ScoringRunDocument

CONFIGURATIONS = Collection[ConfigurationDocument](
    "leadscoringconfigurations",
    service="leads",
    tenant="text",
    indexes=(index("tenantId", name="tenant", unique=True),),
)
RUNS = Collection[ScoringRunDocument](
    "leadscoringruns",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "jobId", name="job", unique=True),
        index("tenantId", "status", "-finishedAt", name="over"),
        index("status", "leaseUntil", name="waiting"),
    ),
)


class ScoringConfiguration(TenantDocumentModel):
    """How a tenant weighs its leads."""

    configuration = AnyField()
    updated_by = AnyField(db_column="updatedBy")

    class Meta(TenantDocumentModel.Meta):
        db_table = "leadscoringconfigurations"

    def __str__(self) -> str:
        return f"scoring of {self.tenant_id}"


class ScoringRun(TenantDocumentModel):
    """A recalculation of all scores of a tenant."""

    job_id = models.CharField(db_column="jobId", max_length=40)
    status = models.CharField(max_length=20)
    total = models.IntegerField()
    processed = models.IntegerField()
    failed = models.IntegerField()
    milliseconds = AnyField()
    started_by = AnyField(db_column="startedBy")
    finished_at = models.DateTimeField(db_column="finishedAt", null=True)

    class Meta(TenantDocumentModel.Meta):
        db_table = "leadscoringruns"

    def __str__(self) -> str:
        return self.job_id
