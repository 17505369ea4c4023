"""URLs of bulk operations."""

from core.api.routing import route
from services.leads.bulk.api import (
    Assign,
    ChangeStage,
    ChangeStatus,
    Delete,
    Execute,
    History,
    Progress,
    Stats,
    Undo,
    Update,
    Validate,
)

PATTERNS = [
    route("api/leads/bulk/execute", Execute),
    route("api/leads/bulk/update", Update),
    route("api/leads/bulk/delete", Delete),
    route("api/leads/bulk/assign", Assign),
    route("api/leads/bulk/change-status", ChangeStatus),
    route("api/leads/bulk/change-stage", ChangeStage),
    route("api/leads/bulk/undo/<operationId>", Undo),
    route("api/leads/bulk/progress/<operationId>", Progress),
    route("api/leads/bulk/history", History),
    route("api/leads/bulk/stats", Stats),
    route("api/leads/bulk/validate", Validate),
]
