"""Which collections a service has."""

from django.apps import apps

from core.documents.collection import EVERY_SERVICE, Declared


def declared_of(service: str, *, own: bool = False) -> list[Declared]:
    """Return the collections that the models modules of this process declare for `service`, each once; with `own` without those
    that every service has."""
    owners = (service,) if own else (service, EVERY_SERVICE)
    known = {
        value.name: value
        for app in apps.get_app_configs()
        for value in vars(app.models_module or object).values()
        if isinstance(value, Declared) and value.service in owners
    }
    return list(known.values())
