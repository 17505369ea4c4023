"""Talking to the supervisor: one JSON line there, one back, over a Unix socket that only its owner may open."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

Request = dict[str, Any]
Handler = Callable[[Request], Any]


class NotRunning(Exception):
    """No supervisor listens in this home."""


def serve(path: Path, handler: Handler) -> socketserver.BaseServer:
    """Answer requests at `path` in a thread of their own; return the server."""

    class Line(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                answer = {"ok": handler(json.loads(self.rfile.readline()))}
            except (ValueError, KeyError) as error:
                answer = {"error": str(error.args[0] if error.args else error)}
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    path.unlink(missing_ok=True)
    server = socketserver.ThreadingUnixStreamServer(str(path), Line)
    server.daemon_threads = True
    path.chmod(0o600)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    return server


def ask(path: Path, request: Request, *, seconds: float = 10.0) -> Any:
    """Send a request and return the answer. Raises NotRunning; ValueError with the supervisor's refusal."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(str(path))
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile() as lines:
                answer = json.loads(lines.readline() or "{}")
    except (OSError, ValueError) as error:
        raise NotRunning from error
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer.get("ok")
