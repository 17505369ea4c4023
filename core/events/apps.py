"""Django app of the outbox and inbox."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """`core.events` as an app."""

    name = "core.events"
    label = "core_events"
    verbose_name = "Events"
