"""Which collections a service has."""

from django.apps import apps

from core.documents.collection import EVERY_SERVICE, Declared


def declared_collections(service: str) -> list[Declared]:
    """Return the collections that the models modules of this process declare for `service`, each once."""
    known = {
        value.name: value
        for app in apps.get_app_configs()
        for value in vars(app.models_module or object).values()
        if isinstance(value, Declared) and value.service in (service, EVERY_SERVICE)
    }
    return list(known.values())
