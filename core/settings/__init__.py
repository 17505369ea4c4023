"""Django settings from the environment: `service_settings()` is all that a service calls."""

from core.settings.base import service_settings

__all__ = ["service_settings"]
