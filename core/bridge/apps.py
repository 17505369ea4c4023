"""Django app of the bridge."""

from django.apps import AppConfig


class BridgeConfig(AppConfig):
    """`core.bridge` as an app."""

    name = "core.bridge"
    label = "core_bridge"
    verbose_name = "Bridge"
