"""Routes of the queue: always 200 or 201, and `success` says whether it was done."""

from collections.abc import Callable

from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.views import ContractView
from core.errors import Conflict, NotFound
from services.leads.leads.api import MANAGERS, MEMBERS
from services.leads.queueing import actions, queries
from services.leads.queueing.documents import ItemDocument
from services.leads.queueing.rendering import envelope, item
from services.leads.queueing.serializers import AddBody, CleanupQuery, ItemsQuery, PriorityBody


def answer(do: Callable[[], ItemDocument | None], message: str, status: int = 200) -> Response:
    """Answer an item that a use case returns, or why there is none: no such item or lead, or another agent was faster."""
    try:
        done = do()
    except (NotFound, Conflict) as problem:
        return Response(envelope(None, str(problem.message), success=False), status=status)
    return Response(envelope(done and item(done), message), status=status)


class AddToQueue(ContractView):
    """Put a lead in."""

    access = {"post": MEMBERS}
    bodies = {"post": AddBody}

    def post(self, request: Request) -> Response:
        """Answer the new item."""
        body = self.validated_body()
        return answer(
            lambda: actions.add(self.scope, body["leadId"], body["priority"]), "Lead added to queue successfully", 201
        )


class NextInQueue(ContractView):
    """The item that is next."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer it, without taking it."""
        return answer(lambda: queries.next_item(self.scope), "Next lead retrieved successfully")


class Heartbeat(ContractView):
    """The caller still works on a lead."""

    access = {"put": MEMBERS}

    def put(self, request: Request, id: str) -> Response:
        """Answer the item with the new end of its lease."""
        return answer(lambda: actions.renew(self.scope, id), "Lease renewed successfully")


class QueueStats(ContractView):
    """Counters of the queue."""

    access = {"get": MEMBERS}

    def get(self, request: Request) -> Response:
        """Answer the counters."""
        return Response(envelope(queries.statistics(self.scope), "Queue statistics retrieved successfully"))


class QueueItems(ContractView):
    """The items of any status."""

    access = {"get": MEMBERS}
    queries = {"get": ItemsQuery}

    def get(self, request: Request) -> Response:
        """Answer a page, in the order of the queue."""
        page = page_of(self.validated_query(), default_limit=50)
        found, total = queries.list_items(self.scope, page)
        data = {"items": [item(one) for one in found], "total": total}
        shown = {**data, "page": page.page, "totalPages": page.pages(total)}
        return Response(envelope(shown, "Queue items retrieved successfully"))


class ItemPriority(ContractView):
    """How urgent an item is."""

    access = {"put": MEMBERS}
    bodies = {"put": PriorityBody}

    def put(self, request: Request, id: str) -> Response:
        """Answer the item with its new priority."""
        priority = self.validated_body()["priority"]
        return answer(lambda: actions.set_priority(self.scope, id, priority), "Priority updated successfully")


class RemoveItem(ContractView):
    """Take an item out."""

    access = {"delete": MANAGERS}

    def delete(self, request: Request, id: str) -> Response:
        """Delete it, whatever its status is."""
        return answer(lambda: actions.remove(self.scope, id), "Lead removed from queue successfully")


class CleanUpQueue(ContractView):
    """Items that have been pending for long."""

    access = {"delete": MANAGERS}
    queries = {"delete": CleanupQuery}

    def delete(self, request: Request) -> Response:
        """Delete them and answer how many there were."""
        removed = actions.clean_up(self.scope, self.validated_query()["hours"])
        return Response(envelope({"removedCount": removed}, f"Cleaned up {removed} expired queue items"))
