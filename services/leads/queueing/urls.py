"""URLs of the queue; literal segments before ids."""

from core.api.routing import route
from services.leads.queueing.api import (
    AddToQueue,
    CleanUpQueue,
    Heartbeat,
    ItemPriority,
    NextInQueue,
    QueueItems,
    QueueStats,
    RemoveItem,
)

PATTERNS = [
    route("api/leads/queue/add", AddToQueue),
    route("api/leads/queue/next", NextInQueue),
    route("api/leads/queue/stats", QueueStats),
    route("api/leads/queue/items", QueueItems),
    route("api/leads/queue/cleanup", CleanUpQueue),
    route("api/leads/queue/<id>", RemoveItem),
    route("api/leads/queue/<id>/heartbeat", Heartbeat),
    route("api/leads/queue/<id>/priority", ItemPriority),
]
