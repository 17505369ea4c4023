"""The gateway's settings in containers: environment variables, or files that NAME_FILE names."""

import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from gateway.envoy import Settings
from gateway.limits import HEAP
from gateway.people import key_of

# What Envoy and its agent share.
FOLDER = Path("/run/gateway")


class Missing(ValueError):
    """A setting is missing or cannot be read; the text is a sentence for the operator."""


def value(name: str, default: str = "") -> str:
    """Return the variable `name`, or the content of the file that `NAME_FILE` names. Raises Missing."""
    file = os.environ.get(f"{name}_FILE")
    try:
        return Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get(name) or default
    except OSError as error:
        raise Missing(f"{name}_FILE={file} cannot be read: {error.strerror}.") from None


def needed(name: str) -> str:
    """Return `value(name)`. Raises Missing also when that is empty."""
    found = value(name)
    if not found:
        raise Missing(f"{name} is not set.")
    return found


def database() -> dict[str, str]:
    """Return where the states are, for `Store.of`. Raises Missing."""
    names = {name: value(name) for name in ("GATEWAY_MONGODB_NAME", "MONGODB_NAME")}
    return {"MONGODB_URI": needed("MONGODB_URI"), **names}


def settings(folder: Path, *, host: str = "0.0.0.0", port: int = 8000) -> Settings:  # noqa: S104 - of a container
    """Return the settings that the environment describes. Raises Missing."""
    legacy = value("LEADMESH_LEGACY_URL")
    if legacy and not urlsplit(legacy).hostname:
        raise Missing(f"LEADMESH_LEGACY_URL is {legacy}, which names no host: write it as https://old.example.com.")
    origins = [origin.rstrip("/") for origin in (value("LEADMESH_ORIGINS") or value("FRONTEND_URL")).split(",")]
    told = Settings(
        port=port,
        folder=folder,
        host=host,
        rate_limit=int(value("LEADMESH_RATE_LIMIT", "500")),
        heap=int(value("LEADMESH_GATEWAY_HEAP", str(HEAP))),
        proxies=int(value("TRUSTED_PROXIES", "1")) - 1,
        legacy=legacy,
        legacy_key=key_of(value("JWT_SECRET")),
        traces=value("OTEL_EXPORTER_OTLP_ENDPOINT"),
        by_name=True,
        comparer=str(folder),
    )
    return replace(told, origins=tuple(filter(None, origins))) if any(origins) else told
