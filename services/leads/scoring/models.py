"""Scoring: a tenant's configuration, and the runs that score all its leads again.

A run writes `score` into each lead, and `scoring` (category, when, and the points of each factor), which the wire does not show.
"""

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
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


@shows(CONFIGURATIONS, ConfigurationDocument, "configuration updatedBy")
class ScoringConfiguration(TenantDocumentModel):
    """How a tenant weighs its leads."""

    def __str__(self) -> str:
        return f"scoring of {self.tenant_id}"


@shows(RUNS, ScoringRunDocument, "jobId status total processed failed milliseconds startedBy finishedAt")
class ScoringRun(TenantDocumentModel):
    """A recalculation of all scores of a tenant."""

    def __str__(self) -> str:
        return self.job_id
