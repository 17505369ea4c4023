"""Admin pages of scoring."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
from core.worker.jobs import enqueue
from services.leads.scoring.actions import start_recalculation
from services.leads.scoring.models import ScoringConfiguration, ScoringRun
from services.leads.scoring.tasks import recalculate


@admin.register(ScoringConfiguration)
class ScoringConfigurationAdmin(DocumentAdmin):
    """How tenants weigh their leads."""

    list_display = ("tenant_id", "updated_by", "updated_at")
    ordering = ("-updated_at",)
    actions = ("recalculate_all",)

    @for_each("Score all leads of these tenants again")
    def recalculate_all(self, caller: Principal, configuration: ScoringConfiguration) -> None:
        """Start a recalculation for a tenant."""
        run = start_recalculation(caller.scope.for_tenant(str(configuration.tenant_id)))
        enqueue(recalculate, str(run["_id"]))


@admin.register(ScoringRun)
class ScoringRunAdmin(DocumentAdmin):
    """Recalculations and how far they are."""

    list_display = ("job_id", "tenant_id", "status", "processed", "total", "failed", "created_at", "finished_at")
    list_filter = ("status",)
    search_fields = ("job_id",)
    ordering = ("-created_at",)
