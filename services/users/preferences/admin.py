"""Admin page of preferences."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from core.admin.signin import principal_of
from core.admin.site import DocumentAdmin
from core.errors import Problem
from services.users.preferences.actions import reset_preferences
from services.users.preferences.models import UserPreferences


@admin.register(UserPreferences)
class UserPreferencesAdmin(DocumentAdmin):
    """What people prefer; only operators see them, as the documents carry no tenant."""

    operators_only = True
    list_display = ("user_id", "updated_at", "created_at")
    ordering = ("-id",)
    actions = ("reset",)

    @admin.action(description="Reset to the defaults")
    def reset(self, request: HttpRequest, queryset: Any) -> None:
        """Reset the preferences of the chosen people."""
        principal = principal_of(request)
        if principal is None:
            return
        for document in queryset:
            try:
                reset_preferences(principal, str(document.user_id))
            except Problem as problem:
                self.message_user(request, f"{document.user_id}: {problem.message}", messages.ERROR)
