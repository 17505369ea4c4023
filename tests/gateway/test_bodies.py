"""Bodies at the edge, with a real Envoy and a real gunicorn: nobody's body costs another one's request."""

import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import psutil
import pytest

from tests.gateway.test_envoy import Gateway
from tests.parts import free_port
from tests.system.platform import ROOT, until

UPLOAD = "/api/leads/import-export/import"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose leads are answered by gunicorn."""
    running = Gateway(tmp_path_factory.mktemp("bodies"))
    port = free_port()
    environment = {**os.environ, "LEADMESH_BIND": f"127.0.0.1:{port}", "LEADMESH_ENV": "test"}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "core/settings/gunicorn.py",
        "tests.gateway.answering:application",
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    answering = type("Answering", (), {"address": ("127.0.0.1", port)})()
    running.endpoints("leads", answering)
    until(lambda: running.client.get("/api/leads").headers.get("x-leadmesh-instance") == "answering", 30)
    yield running
    process.terminate()
    process.wait(30)
    running.part.stop(2)


def begin(front: Gateway, path: str, length: int, sent: int, headers: str = "") -> socket.socket:
    """Open a connection and send the first `sent` bytes of a body of `length`."""
    connection = socket.create_connection(("127.0.0.1", front.settings.port), timeout=30)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n"
    # It may be answered and closed before all was sent.
    with suppress(OSError):
        connection.sendall(head.encode() + b"x" * sent)
    return connection


def status_of(connection: socket.socket) -> str:
    with connection:
        return connection.recv(65_536)[9:12].decode()


def innocents(front: Gateway, count: int) -> Counter[int]:
    """Let eight people send `count` small bodies, each over a connection kept alive; return what they were answered."""

    def one(share: int) -> list[int]:
        with httpx.Client(base_url=front.part.uri, timeout=30) as client:
            return [client.post("/api/leads", content=b"small").status_code for _ in range(share)]

    with ThreadPoolExecutor(8) as people:
        return Counter(code for codes in people.map(one, [count // 8] * 8) for code in codes)


@pytest.mark.parametrize("size", [70_000, 300_000, MEBIBYTE])
def test_an_unread_body_takes_no_other_callers_connection(front: Gateway, size: int) -> None:
    done, refused = threading.Event(), Counter[int]()

    def attack() -> None:
        with httpx.Client(base_url=front.part.uri, timeout=30) as client:
            while not done.is_set():
                refused[client.post("/api/leads/refused", content=b"x" * size).status_code] += 1

    attackers = [threading.Thread(target=attack) for _ in range(3)]
    for attacker in attackers:
        attacker.start()
    try:
        answers = innocents(front, 400)
    finally:
        done.set()
        for attacker in attackers:
            attacker.join()
    assert answers == {200: 400}
    assert set(refused) == {401}


@pytest.mark.parametrize(
    "headers", ["", "Expect: 100-continue\r\n", "X-Request-ID: a b\r\n"], ids=["plain", "expect", "odd"]
)
def test_an_upload_that_stops_is_answered_and_costs_no_other_caller(front: Gateway, headers: str) -> None:
    connections, _ = flood(front, f"{UPLOAD}/refused", 60, 200_000, headers)
    assert innocents(front, 80) == {200: 80}
    answers = Counter(b"401" in _all(connection) for connection in connections)
    assert answers == {True: 60}


def _all(connection: socket.socket) -> bytes:
    """What comes until the other side closes."""
    with connection:
        received = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                received += piece
        return received


def test_whole_uploads_arrive_in_pieces_or_chunks(front: Gateway) -> None:
    content = b"x" * (10 * MEBIBYTE)
    assert front.client.post(UPLOAD, content=content).text == str(len(content))
    pieces = (content[start : start + 100_000] for start in range(0, len(content), 100_000))
    assert front.client.post(UPLOAD, content=pieces).text == str(len(content))
    assert {front.client.post(f"{UPLOAD}/refused", content=content).status_code for _ in range(10)} == {401}
    assert front.client.post("/api/leads", content=iter([b"a"] * 10)).text == "10"
    assert front.client.post("/api/leads", content=b"x" * (MEBIBYTE + 1)).status_code == 413


def test_more_uploads_than_are_taken_at_once_wait(front: Gateway) -> None:
    """Slow senders with a token hold all places of uploads, not the threads of everybody else."""
    slow = [begin(front, UPLOAD, MEBIBYTE, 1000) for _ in range(30)]
    assert innocents(front, 80) == {200: 80}
    for connection in slow:
        connection.sendall(b"x" * (MEBIBYTE - 1000))
    assert Counter(status_of(connection) for connection in slow) == {"200": 30}


@pytest.mark.parametrize("path", ["/api/leads", f"{UPLOAD}/refused"])
@pytest.mark.parametrize(("people", "sent"), [(60, 9 * MEBIBYTE), (300, 9 * MEBIBYTE), (300, 500_000)])
def test_unfinished_bodies_fill_no_memory(front: Gateway, people: int, sent: int, path: str) -> None:
    connections, highest = flood(front, path, people, sent)
    assert innocents(front, 40) == {200: 40}
    for connection in connections:
        connection.close()
    assert highest < 450 * MEBIBYTE


def test_a_sudden_flood_of_stalled_bodies_is_cut_off(front: Gateway) -> None:
    """As much as fits, at once: nobody new is let in for a moment, then whoever sends nothing is sent away."""
    connections, highest = flood(front, "/api/leads", 600, 1_000_000)
    until(lambda: innocents(front, 40) == {200: 40}, 30)
    assert highest < 450 * MEBIBYTE
    answers = Counter(status_of(connection) for connection in connections[:100])
    assert set(answers) <= {"408", "503", ""}


def flood(front: Gateway, path: str, people: int, sent: int, headers: str = "") -> tuple[list[socket.socket], int]:
    """Let `people` begin a body; return their connections and the most memory that the gateway took. A pod has 512 MiB."""
    process, highest = psutil.Process(front.part.pid), 0

    def one(_: int) -> socket.socket:
        nonlocal highest
        connection = begin(front, path, 10 * MEBIBYTE, sent, headers)
        highest = max(highest, process.memory_info().rss)
        return connection

    with ThreadPoolExecutor(60) as crowd:
        return list(crowd.map(one, range(people))), highest


def test_a_body_shorter_than_it_said_reaches_no_service(front: Gateway) -> None:
    connection = begin(front, "/api/leads", 100, 50)
    connection.shutdown(socket.SHUT_WR)
    assert status_of(connection) in ("", "400")
    assert innocents(front, 16) == {200: 16}
