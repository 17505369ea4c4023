"""Admin pages of sessions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.site import DocumentAdmin
from services.auth.sessions.actions import end_sessions_of
from services.auth.sessions.models import Session


@admin.register(Session)
class SessionAdmin(DocumentAdmin):
    """Who is logged in where."""

    list_display = ("user_id", "ip_address", "user_agent", "is_active", "last_activity", "termination_reason")
    list_filter = ("is_active",)
    ordering = ("-last_activity",)
    actions = ("end_sessions",)

    @admin.action(description="End all sessions of these people")
    def end_sessions(self, request: HttpRequest, queryset: Any) -> None:
        """End the sessions of the chosen sessions' owners."""
        people = {str(session.user_id) for session in queryset}
        ended = sum(end_sessions_of(user_id, reason="ended_by_admin") for user_id in people)
        self.message_user(request, f"{ended} sessions of {len(people)} people ended.")
