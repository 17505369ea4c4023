"""Django apps that need nothing but a name: their configurations are made from it."""

from collections.abc import Mapping

from django.apps import AppConfig


def app_configs(titles: Mapping[str, str]) -> list[str]:
    """Make a configuration for each package of `titles` (what the admin calls it), and return what INSTALLED_APPS has to name.

    The label of `services.auth.tokens` is `auth_tokens`: several services have an app of the same name."""
    labels = {name: name.removeprefix("services.").replace(".", "_") for name in titles}
    for name, label in labels.items():
        members = {"name": name, "label": label, "verbose_name": titles[name]}
        globals()[label] = type(label, (AppConfig,), members)
    return [f"{__name__}.{label}" for label in labels.values()]
