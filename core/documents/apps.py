"""Django app that carries the management commands and checks of the document layer."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """`core.documents` as an app."""

    name = "core.documents"
    label = "core_documents"
