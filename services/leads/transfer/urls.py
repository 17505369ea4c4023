"""URLs of import and export."""

from core.api.routing import route
from services.leads.transfer.api import (
    Export,
    Import,
    ImportProgress,
    ImportReport,
    Imports,
    Template,
    UndoImport,
    Validate,
)

PATTERNS = [
    route("api/leads/import-export/import", Import),
    route("api/leads/import-export/export", Export),
    route("api/leads/import-export/template", Template),
    route("api/leads/import-export/validate", Validate),
    route("api/leads/import-export/imports", Imports),
    route("api/leads/import-export/imports/<importId>", ImportProgress),
    route("api/leads/import-export/imports/<importId>/report", ImportReport),
    route("api/leads/import-export/imports/<importId>/undo", UndoImport),
]
