"""Asks one of the two systems what a client asked, through Envoy, which knows where they are and checks them."""

from collections.abc import Mapping
from pathlib import Path

import httpx

from gateway.shadow.collecting import LARGEST, NotCompared
from gateway.shadow.exchange import Answer, Exchange
from gateway.shadow.rendering import DETAILS, FROM_THERE, TO
from gateway.states import LEGACY

# Between two hops, or of a client's cache: an answer that depends on what a client has says nothing about the system.
_LEFT_OUT = {
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "accept-encoding",
    "host",
    "expect",
    "if-none-match",
    "if-modified-since",
    "if-match",
    "if-unmodified-since",
    "if-range",
    "range",
}
CONDITIONS = ("if-none-match", "if-modified-since", "if-range", "range")
_SECONDS = 20.0
_GATEWAY = httpx.URL("http://gateway")


class Asker:
    """A client of Envoy's listener for the agent. socket: its path."""

    def __init__(self, socket: Path) -> None:
        transport = httpx.AsyncHTTPTransport(uds=str(socket), limits=httpx.Limits(max_connections=32))
        self._client = httpx.AsyncClient(transport=transport, timeout=_SECONDS)

    async def ask(self, cluster: str, exchange: Exchange) -> Answer:
        """Return the answer of `legacy` or of a service to the request of an exchange. Raises NotCompared."""
        host = exchange.headers.get(":authority", "leadmesh")
        headers = {name: value for name, value in exchange.headers.items() if _passed_on(name)}
        return await self.get(cluster, exchange.path, exchange.method, {**headers, "host": host})

    async def get(
        self, cluster: str, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer of a cluster. Raises NotCompared when there is none, or a too large one."""
        told = {**(headers or {}), TO: cluster, "accept-encoding": "identity", "x-leadmesh-shadow": "compare"}
        away = NotCompared("the old system was away" if cluster == LEGACY else "the service was away")
        try:
            url = _GATEWAY.copy_with(raw_path=path.encode("latin-1"))
            async with self._client.stream(method, url, headers=_encoded(told)) as answer:
                body = await _body_of(answer)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            raise away from None
        given = {name.lower(): value for name, value in answer.headers.items()}
        if given.pop(DETAILS, "") != FROM_THERE:
            raise away
        return Answer(answer.status_code, given, body)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


async def _body_of(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > LARGEST:
            raise NotCompared("too large")
    return bytes(body)


def _passed_on(name: str) -> bool:
    return name not in _LEFT_OUT and not name.startswith((":", "x-envoy-", "x-leadmesh-"))


def _encoded(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    # As they came: bytes that no charset is said of.
    return [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()]
