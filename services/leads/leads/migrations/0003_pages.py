"""Indexes of lead lists: one for each order, which also answers every filter.

An index begins with the order (tenant, field, id) and goes on with what lists filter by, so that MongoDB skips what a filter excludes
inside the index and fetches only the leads that it shows. They replace the narrower ones of before, which fetched and threw away.
Those of `assignedTo` and `tags` stay: somebody's few leads among a million are better found by who they belong to.
"""

from django.db import migrations
from pymongo import ASCENDING, DESCENDING, IndexModel

from core.documents.indexes import CreateIndexes, DropIndexes

MOMENTS_AND_AMOUNTS = (
    "createdAt",
    "updatedAt",
    "score",
    "nextFollowUpDate",
    "lastContactDate",
    "expectedCloseDate",
    "closeValue",
)
WORDS = ("status", "source", "priority")
FILTERED = (*WORDS, "assignedTo", "score", "createdAt", "lastContactDate", "nextFollowUpDate")


def page_index(field: str) -> IndexModel:
    """Return the index of lists in the order of `field`; leads with the same word are newest first."""
    order = [(field, ASCENDING), ("createdAt", DESCENDING)] if field in WORDS else [(field, DESCENDING)]
    used = {field} | {name for name, _ in order}
    filters = [(name, ASCENDING) for name in FILTERED if name not in used]
    return IndexModel([("tenantId", ASCENDING), *order, ("_id", DESCENDING), *filters], name=f"page_{field}")


class Migration(migrations.Migration):
    dependencies = [("leads_leads", "0002_indexes")]
    operations = [
        CreateIndexes("leads", [page_index(field) for field in (*MOMENTS_AND_AMOUNTS, *WORDS)]),
        # For walks through all leads of a tenant: recalculations, exports.
        CreateIndexes("leads", [IndexModel([("tenantId", ASCENDING), ("_id", ASCENDING)], name="walk")]),
        DropIndexes(
            "leads",
            [f"list_{field}" for field in MOMENTS_AND_AMOUNTS] + [f"{field}_createdAt" for field in WORDS],
        ),
    ]
