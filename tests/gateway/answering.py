"""A service for the gateway's tests: real gunicorn with our configuration, and an application that answers before it reads."""

from collections.abc import Iterable
from typing import Any

from core.api.wsgi import whole_chunks


@whole_chunks
def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """401 for every path with `refused`, its body unread; for any other path how long the body was."""
    headers = [("Content-Type", "text/plain"), ("x-leadmesh-instance", "answering")]
    if "refused" in environ["PATH_INFO"]:
        start_response("401 Unauthorized", headers)
        return [b"401"]
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", headers)
    return [str(len(body)).encode()]
