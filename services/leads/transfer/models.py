"""Imports: runs (core.runs) with the rows of their file in parts, and the rows that could not be taken.

A lead of an import holds its `importId`. Parts and problems go after a week; the run stays.
"""

from typing import Any, cast

from core.documents.collection import Collection
from core.documents.indexes import index
from core.documents.models import TenantDocumentModel, shows
from core.imports.columns import Column
from services.leads.transfer.columns import SUBJECT
from services.leads.transfer.documents import ImportDocument, PartDocument, ProblemDocument

IMPORTS = Collection[ImportDocument](
    "leadimports",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "importId", name="import", unique=True),
        index("tenantId", "-createdAt", "-_id", name="history"),
        index("status", "leaseUntil", name="waiting"),
    ),
)
PARTS = Collection[PartDocument](
    "leadimportparts",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "importId", "number", name="part"),
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=0),
    ),
)
PROBLEMS = Collection[ProblemDocument](
    "leadimportproblems",
    service="leads",
    tenant="text",
    indexes=(
        index("tenantId", "importId", "row", name="report"),
        index("expiresAt", name="expiresAt_ttl", expireAfterSeconds=0),
    ),
)
# The kind of what no problem is: where the cells of a row went whose column does not tell it.
CELLS = "cells"


def columns_of(run: ImportDocument) -> list[Column]:
    """Return the columns of an import's file; the release before stored only their keys."""
    if "columns" in run:
        return [Column(*cast(Any, members)) for members in run["columns"]]
    unnamed = "the field mapping does not name it"
    return [
        Column(
            number,
            key,
            key or f"Column {number}",
            key if key in SUBJECT.by_name else "",
            "" if key else unnamed,
            0,
            True,
        )
        for number, key in enumerate(run.get("keys", []), 1)
    ]


@shows(IMPORTS, ImportDocument, "importId kind fileName userId status total imported updated failed skipped finishedAt")
class LeadImport(TenantDocumentModel):
    """A file of leads."""

    def __str__(self) -> str:
        return f"{self.file_name} {self.import_id}"
