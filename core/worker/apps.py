"""Django app that makes the Celery application."""

from django.apps import AppConfig


class WorkerConfig(AppConfig):
    """`core.worker` as an app."""

    name = "core.worker"
    label = "core_worker"

    def ready(self) -> None:
        """Make the service's Celery application the default: web processes and commands publish too."""
        from django.conf import settings

        from core.worker.app import configured_app

        configured_app(settings.SERVICE_NAME)
