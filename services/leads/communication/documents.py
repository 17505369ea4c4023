"""What leads stores of messages and calls."""

from datetime import datetime
from typing import TypedDict

from core.documents.shapes import Owned, Reference

# Made by calling: in a class body `from` is a word of Python.
_Sent = TypedDict("_Sent", {"from": str}, total=False)


class MessageDocument(_Sent, Owned, total=False):
    """A message or a call; `messageId` is the provider's."""

    type: str
    direction: str
    to: str
    content: str
    status: str
    cost: float
    userId: Reference | None
    leadId: Reference | None
    messageId: str
    idempotencyKey: str
    error: str
    timestamp: datetime
    outcome: str
    followUpRequired: bool


class TemplateDocument(Owned, total=False):
    """A text with variables."""

    id: str
    name: str
    type: str
    content: str
    variables: list[str]
    isActive: bool
    createdBy: Reference | None
    updatedBy: Reference | None
