"""Admin page of second factors."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.site import DocumentAdmin
from services.auth.mfa.actions import unlock
from services.auth.mfa.models import SecondFactor


@admin.register(SecondFactor)
class SecondFactorAdmin(DocumentAdmin):
    """Who has a second factor; secrets are not shown."""

    list_display = ("user_id", "is_enabled", "verified_at", "last_used_at", "failed_attempts", "locked_until")
    list_filter = ("is_enabled",)
    ordering = ("-updated_at",)
    actions = ("unlock",)

    @admin.action(description="Unlock")
    def unlock(self, request: HttpRequest, queryset: Any) -> None:
        """Give the chosen people their tries back."""
        for factor in queryset:
            unlock(str(factor.user_id))
        self.message_user(request, "Unlocked.")
