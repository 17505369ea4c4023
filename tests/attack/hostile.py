"""What an attacker has: addresses, time, connections that behave badly. Everything is bounded, every answer is counted."""

import asyncio
import http.client
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import redis

from tests.attack.memory import facts
from tests.attack.people import Cast, Person
from tests.system.platform import Platform

_PATIENCE_SECONDS = 40.0
# So many requests a second and address where the number of requests is not the attack.
_PACE = 15.0
_CHUNK = b"x" * 65_536


class Answer(NamedTuple):
    """What came back; status 0 for a connection that ended, or waited in vain."""

    status: int
    body: bytes = b""
    headers: Any = None

    def json(self) -> Any:
        """Return the body as JSON, an empty object when it is none."""
        with suppress(ValueError):
            return json.loads(self.body)
        return {}

    @property
    def retry_after(self) -> int:
        """Seconds after which it may be tried again, 0 when the answer does not say so."""
        return int((self.headers or {}).get("retry-after") or 0)


@dataclass
class Scene:
    """One attack: where, by whom, for how long; what came back, what is worth telling, which rule was broken."""

    platform: Platform
    cast: Cast
    seconds: float
    number: int
    tokens: dict[str, str]
    statuses: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    spoiled: bool = False
    _addresses: int = 0

    @cached_property
    def until(self) -> float:
        """When the time is up; it begins when somebody first asks, so that preparing costs nothing of it."""
        return time.monotonic() + self.seconds

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.until

    def address(self) -> str:
        """Return an address that this attack has not used yet, and no other one will."""
        self._addresses += 1
        return f"127.{self.number + 10}.{self._addresses // 250}.{self._addresses % 250 + 1}"

    def token(self, person: Person) -> str:
        """Return an access token of `person`, from one login for the whole run."""
        if person.email not in self.tokens:
            sent = {"email": person.email, "password": self.cast.password}
            with self.platform.client() as client:
                self.tokens[person.email] = client.post("/api/auth/login", json=sent).json()["accessToken"]
        return self.tokens[person.email]

    def sender(self, token: str = "", address: str = "") -> "Sender":
        """Return somebody who sends requests from one address, a fresh one unless it is given."""
        return Sender(self, address or self.address(), token)

    def send_all(self, senders: int, work: Callable[["Sender"], Any], token: str = "") -> None:
        """Let so many senders do `work` again and again until the time is up, each at a bounded pace."""

        def go_on() -> None:
            with closing(self.sender(token)) as sender:
                while not self.is_over:
                    begun = time.monotonic()
                    work(sender)
                    time.sleep(max(0.0, begun + 1 / _PACE - time.monotonic()))

        in_threads([go_on] * senders)

    def spoil(self, sentence: str) -> None:
        """Say what was broken for good: the next attack needs another platform."""
        self.broken.append(sentence)
        self.spoiled = True

    def count(self, status: int | str) -> None:
        """Count an answer."""
        self.statuses[str(status or "none")] += 1

    def burst(self, address: str, requests: int, header: str = "X-None: x") -> Counter[str]:
        """Send so many requests at once, each over a connection of its own, to a path that the gateway knows not; return what
        came back."""
        request = f"GET /nothing HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n".encode()
        found: Counter[str] = Counter()
        with ExitStack() as stack:
            connections = [stack.enter_context(socket.socket()) for _ in range(requests)]
            for connection in connections:
                connection.settimeout(_PATIENCE_SECONDS)
                with suppress(OSError):
                    connection.bind((address, 0))
                    connection.connect(("127.0.0.1", self.platform.port))
                    connection.sendall(request)
            for connection in connections:
                found[_status(connection)] += 1
        self.statuses.update(found)
        return found

    def hold(self, connections: int, head: str, body: Iterable[bytes] = (), *, pause: float = 0.0) -> None:
        """Open connections, a fresh address for every ten; send `head` and the pieces of `body` with pauses, and keep each open
        until the time is up or the other side ends it. head: the request line and headers."""
        pieces = list(body)
        addresses = [self.address() for _ in range(-(-connections // 10))]

        async def everybody() -> None:
            await asyncio.gather(
                *(self._hold(addresses[number // 10], head, pieces, pause) for number in range(connections))
            )

        asyncio.run(everybody())

    async def _hold(self, address: str, head: str, pieces: list[bytes], pause: float) -> None:
        left = self.until - time.monotonic()
        status: int | str = "held"
        with suppress(TimeoutError):
            async with asyncio.timeout(left):
                status = "closed"
                with suppress(OSError, ValueError, IndexError):
                    reader, writer = await asyncio.open_connection(
                        "127.0.0.1", self.platform.port, local_addr=(address, 0)
                    )
                    status = "held"
                    writer.write(head.replace("\n", "\r\n").encode("latin-1"))
                    sending = asyncio.create_task(_drip(writer, pieces, pause))
                    line = await reader.readline()
                    sending.cancel()
                    status = "closed"
                    status = int(line.split()[1])
        self.count(status)

    def reset_counters(self) -> None:
        """Forget what the platform counted of earlier attacks, so that each begins like the first."""
        with closing(redis.Redis.from_url(facts(self.platform)["parts"]["redis"]["uri"])) as connection:
            for key in connection.scan_iter("*throttle*", count=1000):
                connection.delete(key)


def _status(connection: socket.socket) -> str:
    with suppress(OSError, IndexError):
        return connection.recv(100).split()[1].decode()
    return "none"


async def _drip(writer: asyncio.StreamWriter, pieces: Iterable[bytes], pause: float) -> None:
    with suppress(OSError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if pause:
                await asyncio.sleep(pause)


class Sender:
    """Sends requests one after the other over a connection that stays open, from one address."""

    def __init__(self, scene: Scene, address: str, token: str) -> None:
        self._scene, self._token = scene, token
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", scene.platform.port, timeout=_PATIENCE_SECONDS, source_address=(address, 0)
        )

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send a request and count its answer. body: bytes as they are, anything else as JSON; headers: with _ for -."""
        answer = self._sent(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        self._scene.count(answer.status)
        if answer.status == 500:
            self._scene.broken.append(f"500 for {method} {path[:60]}")
        return answer

    def _sent(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        own = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._token}"} if self._token else {})
        try:
            self._connection.request(method, path, content, own | headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.read(), answer.headers)
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return Answer(0)

    def upload(self, path: str, content: bytes, name: str = "leads.csv", **members: str) -> Answer:
        """Send a file as a form."""
        mark = "hostile-boundary"
        kind = (
            "text/csv" if name.endswith(".csv") else "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{text}\r\n'
            for key, text in members.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: {kind}\r\n\r\n'
        body = "".join([*parts, head]).encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self.send("POST", path, body, Content_Type=f"multipart/form-data; boundary={mark}")


def in_threads(work: Iterable[Callable[[], Any]]) -> None:
    """Do everything at once and wait for all of it."""
    threads = [threading.Thread(target=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def filler(size: int) -> Iterator[bytes]:
    """Yield so many bytes in pieces."""
    for _ in range(size // len(_CHUNK)):
        yield _CHUNK
