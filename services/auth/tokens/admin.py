"""Admin pages of signing keys."""

from django.contrib import admin

from core.admin.site import DocumentAdmin
from services.auth.tokens.models import SigningKey


@admin.register(SigningKey)
class SigningKeyAdmin(DocumentAdmin):
    """Public halves of the signing keys; `manage.py rotate_keys` makes new ones."""

    operators_only = True
    list_display = ("id", "signs_from", "retired_at")
