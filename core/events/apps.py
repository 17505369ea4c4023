"""Django app of the outbox and inbox."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """`core.events` as an app."""

    name = "core.events"
    label = "core_events"
    verbose_name = "Events"

    def ready(self) -> None:
        """Make the service's Celery application the default: web processes and commands publish too."""
        from django.conf import settings

        from core.events.app import configured_app

        configured_app(settings.SERVICE_NAME)
