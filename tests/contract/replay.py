"""`make replay [DIR=folder]`: every recorded exchange, sent through a gateway to five services on the recorded documents.

Starts a platform of its own in brownfield mode (one database), with an own home and port; nothing is left of it afterwards.
Prints a line per file, the differences that nothing explains, and last `N identical, N explained, N unexplained`. Exit code 1
when something is unexplained.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from ops.config import DEVELOPMENT_SECRET
from gateway.shadow.explanations import Deviation, Judge, explanations
from tests.contract.recorded import FOLDER, Actors, Exchange, asked_of, content_of, differences, filled, groups_of, seed
from tests.system.platform import Platform

DATABASE = "leadmesh_replay"
# The promise for changes that travel between services.
_FOLLOWS_SECONDS = 5.0
# A little longer than a service may go on with what it remembers of people and tenants.
_MEMORY_SECONDS = 2.2

_KEPT = ("preparations", "django_migrations", "django_content_type", "auth_permission", "signingkeys")


class Replay:
    """One platform, and the recorded groups sent to it."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self.platform, self.folder = platform, folder
        self.database = MongoClient(platform.status()["parts"]["mongodb"]["uri"])[DATABASE]
        self.client = httpx.Client(base_url=platform.url, timeout=30.0)
        self.actors = Actors(DEVELOPMENT_SECRET, folder)
        self.rules = explanations()
        self.judge = Judge(self.rules)
        self.wrote = 0.0

    def file(self, path: Path) -> Counter[str]:
        """Replay a file, print what is unexplained, and return how many were of each outcome."""
        counts: Counter[str] = Counter()
        for name, group in groups_of(path):
            self._reset()
            self.judge = Judge(self.rules)
            known: dict[str, str] = {}
            for exchange in group:
                found, outcome = self._judged(exchange, known)
                counts[outcome] += 1
                if outcome == "unexplained":
                    print(f"  {name} {exchange['seq']} {exchange['name']}: {_operation(exchange)}")
                    print(*(f"    {str(difference)[:300]}" for difference in found), sep="\n")
        return counts

    def _judged(self, exchange: Exchange, known: dict[str, str]) -> tuple[list[Deviation], str]:
        deadline = self.wrote + _FOLLOWS_SECONDS
        before = dict(known)
        while True:
            found = self._compare(exchange, known)
            left = self.judge.unexplained(asked_of(exchange["request"]), found)
            if not found or not left or exchange["request"]["method"] != "GET" or time.monotonic() > deadline:
                return left, "unexplained" if left else "explained" if found else "identical"
            # What one service wrote another may hear of a moment later.
            known.clear()
            known.update(before)
            time.sleep(0.2)

    def _compare(self, exchange: Exchange, known: dict[str, str]) -> list[Deviation]:
        answer, expected = self._send(exchange["request"], known), exchange["response"]
        body = _body(answer)
        return [
            *differences(expected["status"], answer.status_code, known, "status"),
            *differences(expected["body"], body, known),
        ]

    def _send(self, request: dict[str, Any], known: dict[str, str]) -> httpx.Response:
        content, kind = content_of(request, known)
        headers = {name: self.actors.filled(value) for name, value in request["headers"].items()}
        headers |= {"content-type": kind} if "content-type" in headers else {}
        answer = self.client.request(request["method"], filled(request["path"], known), headers=headers, content=content)
        if request["method"] != "GET":
            self._settle()
            self.wrote = time.monotonic()
        return answer

    def _settle(self) -> None:
        """Wait until every event has been heard by everybody."""
        deadline = time.monotonic() + _FOLLOWS_SECONDS
        while self.database["outboxevents"].find_one({"pending.0": {"$exists": True}}) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _reset(self) -> None:
        """Make the recorded documents all there is, and let every service hear of them."""
        self._settle()
        for name in self.database.list_collection_names():
            if name not in _KEPT and not name.startswith("system."):
                self.database[name].delete_many({})
        for name, documents in seed(self.folder).items():
            self.database[name].insert_many(documents)
        self.platform.manage("rebuild_projections")
        self.wrote = 0.0
        time.sleep(_MEMORY_SECONDS)


def _body(answer: httpx.Response) -> Any:
    if not answer.content:
        return None
    return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text


def _operation(exchange: Exchange) -> str:
    return f"{exchange['request']['method']} {exchange['request']['path']}"


@contextmanager
def running(*, test_mode: bool) -> Iterator[Platform]:
    """Run a platform in brownfield mode; stop it and remove its files afterwards."""
    home = Path(tempfile.mkdtemp(prefix="leadmesh-replay-"))
    platform = Platform(home)
    platform.environment |= {"MONGODB_NAME": DATABASE, "TEST_MODE": str(test_mode).lower(), "JWTDEVELOPMENT_SECRET": DEVELOPMENT_SECRET}
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()
        shutil.rmtree(home, ignore_errors=True)


def replay(folder: Path, only: list[str]) -> Counter[str]:
    """Replay the files of `folder` (those whose module is in `only`, if any), and return the counts of outcomes."""
    files = [file for file in sorted(folder.glob("*.*.json")) if not only or file.name.split(".")[1] in only]
    total: Counter[str] = Counter()
    for test_mode in (False, True):
        chosen = [file for file in files if file.name.startswith("testmode.") == test_mode]
        if not chosen:
            continue
        with running(test_mode=test_mode) as platform:
            session = Replay(platform, folder)
            for file in chosen:
                counts = session.file(file)
                total += counts
                print(f"{file.name}: {_line(counts)}", flush=True)
    return total


def _line(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in ("identical", "explained", "unexplained"))


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="make replay", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="recorded exchanges (default: the repository's)")
    parser.add_argument("--only", nargs="*", default=[], metavar="MODULE", help="only these modules: auth users ...")
    options = parser.parse_args()
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    total = replay(options.folder.resolve(), options.only)
    print(_line(total))
    sys.exit(1 if total["unexplained"] else 0)


if __name__ == "__main__":
    main()
