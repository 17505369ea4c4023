"""Admin pages of credentials."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin.site import DocumentAdmin
from services.auth.passwords.actions import forget_tries
from services.auth.passwords.models import Credential


@admin.register(Credential)
class CredentialAdmin(DocumentAdmin):
    """Who can log in by password; hashes are not shown."""

    operators_only = True
    list_display = ("email", "last_login_at", "password_changed_at", "email_verified_at")
    search_fields = ("email__startswith",)
    actions = ("unlock",)

    @admin.action(description="Unlock logins")
    def unlock(self, request: HttpRequest, queryset: Any) -> None:
        """Forget the failed tries of the chosen accounts."""
        for credential in queryset:
            forget_tries(credential.email)
        self.message_user(request, "Logins unlocked.")
