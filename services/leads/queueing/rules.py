"""Rules of the queue (contract/leads-rules.md §6). Pure."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services.leads.queueing.documents import ItemDocument

PENDING, ASSIGNED, COMPLETED, CANCELLED = STATUSES = ("pending", "assigned", "completed", "cancelled")
LOWEST, HIGHEST = 1, 10
# Higher priorities first, then the oldest; the id decides between equals.
ORDER = (("priority", -1), ("createdAt", 1), ("_id", 1))
# How long a claimed lead stays with an agent who does not renew the lease.
LEASE = timedelta(minutes=5)
# How many of the first items claimers that are in each other's way spread over.
WINDOW = 32

Item = dict[str, Any]


def one_of(first: Sequence[ItemDocument]) -> ItemDocument:
    """Return one of the `first` items at random, no less urgent than any other: all claimers on one item would wait for each
    other."""
    return random.choice([item for item in first if item.get("priority") == first[0].get("priority")])  # noqa: S311
