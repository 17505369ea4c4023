"""Admin pages of core's own collections: the events on their way."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from core.admin.site import DocumentAdmin
from core.events.inbox import replay
from core.events.models import InboxEvent, OutboxEvent

# Shadow users of signed-in administrators (core.admin.signin): nothing to look at, and nothing to edit.
admin.site.unregister(Group)
admin.site.unregister(User)


@admin.register(OutboxEvent)
class OutboxEventAdmin(DocumentAdmin):
    """Events that this service published."""

    operators_only = True
    list_display = ("name", "publisher", "pending", "attempts", "created_at", "delivered_at")
    list_filter = ("publisher", "name")
    ordering = ("-created_at",)


@admin.register(InboxEvent)
class InboxEventAdmin(DocumentAdmin):
    """Events that this service received; parked ones can be tried again."""

    operators_only = True
    list_display = ("name", "subscriber", "state", "attempts", "error", "applied_at", "failed_at")
    list_filter = ("subscriber", "state")
    ordering = ("-failed_at",)
    actions = ("try_again",)

    @admin.action(description="Try parked events again")
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        """Replay the chosen events."""
        outcomes = [replay(event.subscriber, event.pk) for event in queryset]
        done = outcomes.count(True)
        level = messages.SUCCESS if done == len(outcomes) else messages.WARNING
        self.message_user(request, f"{done} of {len(outcomes)} events applied.", level)
