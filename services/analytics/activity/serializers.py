"""Queries and bodies of the activity log."""

from core.api.fields import Choice, ContractField, Free, Page, Text
from core.api.validation import Body, Query

# ruff: noqa: N815 - wire names

ENTITIES = ("lead", "buyer", "deal", "communication")


class ActivityQuery(Query):
    """Whose and which activities."""

    allow_unknown = True
    userId = Text(required=False, max_length=36)
    type = Text(required=False, max_length=100)
    page = Page(default=1)
    limit = Page(100, default=20)


class ActivityBody(Body):
    """What a person did. Who and when is ours to say: front ends that send it as well are not refused."""

    allow_unknown = True
    type = Text(not_empty=True, max_length=100)
    entityType = Choice(ENTITIES, required=False)
    entityId = Text(required=False, max_length=36)
    description = Text(required=False, max_length=500)
    metadata = Free(required=False)
    id = ContractField(required=False)
    userId = ContractField(required=False)
    timestamp = ContractField(required=False)
