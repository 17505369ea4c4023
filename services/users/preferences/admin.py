"""Admin page of preferences."""

from django.contrib import admin

from core.admin.site import DocumentAdmin, for_each
from core.identity.principals import Principal
from services.users.preferences.actions import reset_preferences
from services.users.preferences.models import UserPreferences


@admin.register(UserPreferences)
class UserPreferencesAdmin(DocumentAdmin):
    """What people prefer; only operators see them, as the documents carry no tenant."""

    operators_only = True
    list_display = ("user_id", "updated_at", "created_at")
    ordering = ("-id",)
    actions = ("reset",)

    @for_each("Reset to the defaults")
    def reset(self, caller: Principal, preferences: UserPreferences) -> None:
        """Reset a person's preferences."""
        reset_preferences(caller, str(preferences.user_id))
