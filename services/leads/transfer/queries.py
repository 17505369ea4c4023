"""Reads of imports, and what an export writes."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from core.documents.collection import ScopedDocuments
from core.documents.scope import TenantScope
from core.errors import existing
from services.leads.directory.queries import names_of
from services.leads.leads.documents import LeadDocument
from services.leads.leads.models import LEADS
from services.leads.leads.queries import criteria_of, leads_named, others_of
from services.leads.transfer.documents import ImportDocument, ProblemDocument
from services.leads.transfer.models import CELLS, IMPORTS, PROBLEMS

# More than this belongs into the report.
SHOWN = 1_000
_BATCH = 500
_HIDDEN = {"lease": 0, "leaseUntil": 0}
_UNLISTED = {**_HIDDEN, "columns": 0, "cells": 0, "keys": 0, "notes": 0}
_EXPORTED = {
    "contactInfo": 1,
    "customFields": 1,
    "status": 1,
    "priority": 1,
    "closeValue": 1,
    "score": 1,
    "source": 1,
    "tags": 1,
    "notes": 1,
    "assignedTo": 1,
    "leadId": 1,
    "createdAt": 1,
    "updatedAt": 1,
}


def import_by_id(scope: TenantScope, import_id: str) -> ImportDocument:
    """Return an import. Raises NotFound."""
    return existing(IMPORTS.scoped(scope).find_one({"importId": import_id}, _HIDDEN), "Import not found")


def imports(scope: TenantScope, limit: int) -> list[ImportDocument]:
    """Return the latest imports, newest first."""
    return list(IMPORTS.scoped(scope).find({}, _UNLISTED, sort=[("createdAt", -1), ("_id", -1)], limit=limit))


def problems(scope: TenantScope, import_id: str, *, limit: int = 0) -> Iterator[ProblemDocument]:
    """Iterate over the rows of an import that could not be taken, or only with a warning, in their order."""
    return _notes(scope, {"importId": import_id, "kind": {"$ne": CELLS}}, limit)


def cells(scope: TenantScope, import_id: str, *, limit: int = 0) -> Iterator[ProblemDocument]:
    """Iterate over the rows of an import with the cells that their columns' totals do not cover."""
    return _notes(scope, {"importId": import_id, "kind": CELLS}, limit)


def _notes(scope: TenantScope, query: Mapping[str, object], limit: int) -> Iterator[ProblemDocument]:
    return PROBLEMS.scoped(scope).find(query, sort=[("row", 1), ("_id", 1)], limit=limit)


def exported_leads(scope: TenantScope, filters: dict[str, Any]) -> Iterator[tuple[LeadDocument, str]]:
    """Iterate over the live leads that match, in batches, each with the name of whom it is assigned to."""
    view, first = LEADS.scoped(scope), leads_named(scope, filters, _EXPORTED)
    found: Any = view.find(others_of(scope, filters, first), _EXPORTED, sort=[("createdAt", -1), ("_id", -1)])
    batch: list[LeadDocument] = []
    for lead in chain(first, found.batch_size(_BATCH)):
        batch.append(lead)
        if len(batch) == _BATCH:
            yield from _named(scope, batch)
            batch = []
    yield from _named(scope, batch)


def has_leads(scope: TenantScope, filters: dict[str, Any]) -> bool:
    """Whether any live lead matches."""
    view: ScopedDocuments = LEADS.scoped(scope)
    return bool(leads_named(scope, filters, {"createdAt": 1})) or view.exists(criteria_of(scope, filters))


def _named(scope: TenantScope, batch: list[LeadDocument]) -> Iterator[tuple[LeadDocument, str]]:
    names = names_of(scope, {str(lead.get("assignedTo")) for lead in batch}) if batch else {}
    yield from ((lead, names.get(str(lead.get("assignedTo")), "")) for lead in batch)
