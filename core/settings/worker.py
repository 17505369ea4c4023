"""gunicorn's worker, which leaves no body unread."""

import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# Above the largest body that the gateway lets through (gateway/limits.py; an import's 10 MB and its dressing).
MOST_BYTES = 16 * 1024 * 1024
_SECONDS = 2.0


class Worker(ThreadWorker):
    """Threads that read the rest of a body that was not read before the answer (401, 403, 404, 413).

    gunicorn itself reads 64 KiB of it and then closes a connection that it has promised to keep: the gateway has given it to
    another caller by then, whose request fails. Bodies that may be larger than MOST_BYTES are answered with `Connection: close`
    (core/settings/gunicorn.py). A sender who stops is waited for 2 s; behind the gateway there is none: it sends whole bodies,
    or closes the connection when an upload is answered before its end.
    """

    def _keepalive_after(self, conn: Any, keepalive: bool) -> bool:
        # Also before closing: unread bytes would make the kernel reset the connection, and the answer with it.
        whole = conn.parser.finish_body(deadline=time.monotonic() + _SECONDS, max_bytes=MOST_BYTES)
        return bool(keepalive and whole)
