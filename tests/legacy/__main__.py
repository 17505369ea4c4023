"""`make legacy`: the old system's stand-in, with a MongoDB and data of its own, to play the way over and back on one machine."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from ops.config import DEVELOPMENT_SECRET
from ops.home import is_free
from ops.parts import mongodb
from ops.parts.process import Part, PartFailed
from tests.legacy import buyers, data, leads, others
from tests.legacy.documents import opened
from tests.legacy.faults import DIFFERENCES
from tests.legacy.server import CONTROL, Legacy


def main() -> None:
    """Run the stand-in until Ctrl-C or SIGTERM."""
    parser = argparse.ArgumentParser(prog="make legacy", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="where it listens (%(default)s)")
    parser.add_argument("--port", type=int, default=8100, help="and on which port (%(default)s)")
    parser.add_argument("--name", default=os.environ.get("MONGODB_NAME") or "crm", help="its database (%(default)s)")
    parser.add_argument("--mongodb-port", type=int, default=27_027, help="of its own MongoDB (%(default)s)")
    parser.add_argument(
        "--folder", type=Path, default=Path(".leadmesh/legacy"), help="of its own MongoDB's data (%(default)s)"
    )
    words = parser.parse_args()
    given = os.environ.get("MONGODB_URI")
    busy = [port for port in (words.port, *(() if given else (words.mongodb_port,))) if not is_free(port)]
    if busy:
        sys.exit(f"Port {busy[0]} is in use: choose another one (--help).")
    own: Part | None = None
    try:
        own = None if given else mongodb.start(words.folder.resolve(), words.mongodb_port)
        _serve(words.host, words.port, own.uri if own else str(given), words.name)
    except PartFailed as failure:
        sys.exit(str(failure))
    finally:
        if own:
            own.stop()


def _serve(host: str, port: int, uri: str, name: str) -> None:
    database = opened(uri, name)
    filled = data.load(database)
    secret = os.environ.get("JWT_SECRET") or DEVELOPMENT_SECRET
    server = Legacy(port, database, secret, [*leads.ROUTES, *buyers.ROUTES, *others.ROUTES], host)

    def stop(number: int, frame: FrameType | None) -> None:
        # Not here: `serve_forever` waits for this very thread.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    print(_told(f"http://{host}:{port}", uri, name, filled), flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


def _told(url: str, uri: str, name: str, filled: bool) -> str:
    return f"""
The old system answers at {url} ({"with fresh demo data" if filled else "with the data that was there"}).
Its people log in with the passwords of ops/demo/people.json.

Put a platform in front of it, in another terminal:

  export LEADMESH_LEGACY_URL={url} MONGODB_URI='{uri}' MONGODB_NAME={name} JWT_ISSUE=legacy
  ./leadmesh up
  ./leadmesh rollback --all --reason "nothing has moved yet"
  ./leadmesh route leads.read --to canary=10 --reason "the first step"     # docs/migration.md goes on

Let it fail, and make it well again (PUT an object of what you want; an empty one ends it):

  curl -X PUT {url}{CONTROL} -d '{{"path": "/api/leads", "share": 0.5, "slow": 2}}'
  curl -X PUT {url}{CONTROL} -d '{{"status": 503}}'                      # or "hang": true, "wrong": true
  curl -X PUT {url}{CONTROL} -d '{{"differences": ["paging-total"]}}'
  curl -X PUT {url}{CONTROL} -d '{{}}'

  differences: {", ".join(DIFFERENCES)}

Ctrl-C stops it."""


if __name__ == "__main__":
    main()
