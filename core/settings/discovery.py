"""Where a service is: by name (DNS in compose and Kubernetes), by variable, or in the runner's watched file."""

import json
import random
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from core.settings import env


def address_of(service: str) -> str:
    """Return the base address of an instance of `service`, without trailing slash.

    In order: `<SERVICE>_URL`, a random live instance in `LEADMESH_ENDPOINTS_FILE`, `http://<service>:8000`.
    """
    fixed = env.text(f"{service.upper()}_URL")
    if fixed:
        return fixed.rstrip("/")
    instances = _instances(service)
    return random.choice(instances) if instances else f"http://{service}:8000"  # noqa: S311 - load balancing


def _instances(service: str) -> list[str]:
    if not settings.ENDPOINTS_FILE:
        return []
    path = Path(settings.ENDPOINTS_FILE)
    try:
        return _read(path, path.stat().st_mtime_ns).get(service, [])
    except (OSError, ValueError):
        return []


@lru_cache(maxsize=1)
def _read(path: Path, modified: int) -> dict[str, list[str]]:
    addresses: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return addresses
