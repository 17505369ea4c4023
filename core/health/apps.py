"""Django app of health."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """`core.health` as an app."""

    name = "core.health"
    label = "core_health"

    def ready(self) -> None:
        """Let workers watch their health."""
        from celery import current_app

        from core.health.worker import Watching

        current_app.steps["worker"].add(Watching)
