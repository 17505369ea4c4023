"""An embedded MongoDB replica set of one member, from PATH or from the wheel; development and tests only (SSPL)."""

import shutil
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from ops.parts.process import Part, PartFailed, spawn

REPLICA_SET = "rs0"
_READY_SECONDS = 30.0
_ALREADY_INITIALIZED = 23
# Locks of a killed process are freed after this time; ours never hold one longer (core.documents.transactions).
_TRANSACTION_SECONDS = 20
# Enough for demo data and tests; the default is half of the machine.
_CACHE_GIGABYTES = "0.25"


def binary() -> Path:
    """Return a mongod that runs here. Raises PartFailed with the way out when there is none."""
    found = shutil.which("mongod")
    path = Path(found) if found else _from_wheel()
    if path is None:
        raise PartFailed(
            "No mongod for this platform: install MongoDB 6 or newer so that `mongod` is on PATH, "
            "or set MONGODB_URI to a replica set of yours."
        )
    probe = subprocess.run([str(path), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    if probe.returncode:
        missing = probe.stderr.partition("libraries: ")[2].partition(":")[0].strip() or "a system library"
        raise PartFailed(
            f"mongod lacks {missing}: run `apt-get install libcurl4 libssl3 libldap-2.5-0`, or set MONGODB_URI."
        )
    return path


def _from_wheel() -> Path | None:
    spec = find_spec("fiftyone")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "db" / "bin" / "mongod"
        if path.exists():
            path.chmod(path.stat().st_mode | 0o111)
            return path
    return None


def start(folder: Path, port: int, log: Path | None = None, *, host: str = "127.0.0.1") -> Part:
    """Start a mongod with its data in `folder` on `host`:`port` and return it once it is primary.

    Raises PartFailed when it does not come up within 30 seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    log = log or folder / "mongod.log"
    command = [str(binary()), "--dbpath", str(folder), "--port", str(port), "--bind_ip", host]
    command += ["--replSet", REPLICA_SET, "--wiredTigerCacheSizeGB", _CACHE_GIGABYTES, "--oplogSize", "128"]
    command += ["--setParameter", "diagnosticDataCollectionEnabled=false", "--nounixsocket", "--quiet"]
    command += ["--setParameter", f"transactionLifetimeLimitSeconds={_TRANSACTION_SECONDS}"]
    uri = f"mongodb://{host}:{port}/?replicaSet={REPLICA_SET}"
    part = Part("mongodb", uri, port, spawn(command, log), log)
    try:
        _await_primary(part, f"{host}:{port}")
    except BaseException:
        part.stop(1)
        raise
    return part


def _await_primary(part: Part, member: str) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    address = f"mongodb://{member}/?directConnection=true"
    client: MongoClient[dict[str, object]] = MongoClient(address, serverSelectionTimeoutMS=500)
    with client:
        while time.monotonic() < deadline and part.alive:
            if _is_primary(client, member):
                return
            time.sleep(0.05)
    raise PartFailed(f"mongod did not become ready on port {part.port}: {part.last_lines(1)[:500]}")


def _is_primary(client: "MongoClient[dict[str, object]]", member: str) -> bool:
    try:
        hello = client.admin.command("hello")
        if not hello.get("isWritablePrimary") and not hello.get("setName"):
            _initiate(client, member)
        return bool(hello.get("isWritablePrimary"))
    except PyMongoError:
        return False


def _initiate(client: "MongoClient[dict[str, object]]", member: str) -> None:
    members = [{"_id": 0, "host": member}]
    try:
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": members})
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise
        # The data was made at another address: the member's address in the stored configuration must follow.
        config = client.admin.command("replSetGetConfig")["config"]
        client.admin.command(
            "replSetReconfig", {**config, "members": members, "version": config["version"] + 1}, force=True
        )
