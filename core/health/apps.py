"""Django app of health."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """`core.health` as an app."""

    name = "core.health"
    label = "core_health"

    def ready(self) -> None:
        """Let workers watch their health."""
        from core.health import worker  # noqa: F401 - it waits for Celery's signals
