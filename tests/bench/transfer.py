"""`make bench-transfer`: import a large file in the background through the gateway, then export all of it; print how long it
took beside the driver's own insert of as many documents, and how much memory the processes took over their idle size."""

import argparse
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psutil

from tests.bench.load import memory_of
from tests.system.platform import Platform, running_platform

_PATH = "/api/leads/import-export"
_BATCH = 1000


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.transfer", description=__doc__)
    parser.add_argument(
        "--leads", type=int, default=100_000, help="rows of the file (100000, the most that one import takes)"
    )
    options = parser.parse_args()
    with running_platform() as platform, platform.client(platform.token()) as client:
        client.timeout = httpx.Timeout(120.0)
        _import(platform, client, options.leads)
        _export(platform, client, options.leads)


def _import(platform: Platform, client: httpx.Client, leads: int) -> None:
    content = "\n".join(["First Name,Last Name,Email,Phone,City,State,Zip Code", *map(_row, range(leads))]).encode()
    print(f"Importing {leads} rows, {len(content) / 2**20:.1f} MB", flush=True)
    with _watched(platform, "worker") as memory:
        started = time.perf_counter()
        files = {"file": ("leads.csv", content, "text/csv")}
        answer = client.post(f"{_PATH}/import", params={"background": "true"}, files=files)
        assert answer.status_code == 202, answer.text
        print(f"  answered after {time.perf_counter() - started:.2f} s", flush=True)
        progress = _await(client, answer.json()["importId"], started)
        seconds = time.perf_counter() - started
    assert progress["importedRecords"] == leads, progress
    floor = _floor(platform, leads)
    print(
        f"import: {seconds:.1f} s, {leads / seconds:.0f} rows/s, {seconds / floor:.1f} times the driver's insert of them"
    )
    print(f"memory of leads' worker: {max(memory) - memory[0]} MB over idle ({memory[0]} MB)", flush=True)


def _await(client: httpx.Client, import_id: str, started: float) -> dict[str, Any]:
    while True:
        progress: dict[str, Any] = client.get(f"{_PATH}/imports/{import_id}").json()
        print(f"  {time.perf_counter() - started:6.1f} s  {progress['status']}  {progress['progress']} %", flush=True)
        if progress["status"] not in ("pending", "processing"):
            return progress
        time.sleep(5)


def _export(platform: Platform, client: httpx.Client, leads: int) -> None:
    with _watched(platform, "web") as memory:
        started, size, lines = time.perf_counter(), 0, 0
        with client.stream("GET", f"{_PATH}/export") as answer:
            assert answer.status_code == 200, answer.read()
            for chunk in answer.iter_bytes():
                size, lines = size + len(chunk), lines + chunk.count(b"\n")
        seconds = time.perf_counter() - started
    assert lines in (leads, leads + 1), lines
    collection = platform.database("leads")["leads"]
    started = time.perf_counter()
    for _ in collection.find({"deletedAt": None}).sort([("createdAt", -1), ("_id", -1)]):
        pass
    floor = time.perf_counter() - started
    print(f"export: {size / 2**20:.1f} MB in {seconds:.1f} s, {seconds / floor:.1f} times the driver's read of them")
    print(f"memory of leads' web process: {max(memory) - memory[0]} MB over idle ({memory[0]} MB)", flush=True)


@contextmanager
def _watched(platform: Platform, kind: str) -> Iterator[list[int]]:
    """Yield a list that fills with the megabytes of all of leads' processes of a kind, the idle size first."""
    leads = platform.status()["services"]["leads"]
    instances = [leads["worker"]] if kind == "worker" else leads["instances"]
    processes = [psutil.Process(one["pid"]) for one in instances]
    seen, over = [_memory(processes)], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            seen.append(_memory(processes))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _memory(processes: list[psutil.Process]) -> int:
    return sum(sum(memory_of(process)) for process in processes)


def _floor(platform: Platform, leads: int) -> float:
    """Return the seconds of the driver's insert of the same documents into a collection with the same indexes."""
    database = platform.database("leads")
    copy, original = database["benchcopy"], database["leads"]
    for name, index in original.index_information().items():
        if name != "_id_":
            keys = [(key, way) for key, way in index.pop("key") if key not in ("_fts", "_ftsx")]
            if keys and "weights" not in index:
                index.pop("v", None)
                copy.create_index(keys, name=name, **index)
    documents = list(original.find({}).limit(leads))
    started = time.perf_counter()
    for start in range(0, leads, _BATCH):
        copy.insert_many(documents[start : start + _BATCH])
    seconds = time.perf_counter() - started
    copy.drop()
    return seconds


def _row(number: int) -> str:
    phone = f"512{2_000_000 + number:07}"
    return f"Nora{number},Import{number % 977},import{number}@example.com,{phone},Austin,TX,{78000 + number % 900}"


if __name__ == "__main__":
    main()
