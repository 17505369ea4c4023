"""Envoy's admin interface, which listens on this machine, or for the containers of one pod only."""

from pathlib import Path

import httpx

_SECONDS = 2.0


def client(where: Path) -> httpx.Client:
    """Return a client of the admin interface. where: its socket, or the file in which Envoy wrote its address. Raises OSError
    when there is neither."""
    if where.is_socket():
        transport = httpx.HTTPTransport(uds=str(where))
        return httpx.Client(base_url="http://envoy", transport=transport, timeout=_SECONDS)
    return httpx.Client(base_url=f"http://{where.read_text(encoding='utf-8').strip()}", timeout=_SECONDS)
