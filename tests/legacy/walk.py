"""`make migration-demo`: the way over and the way back on this machine, with an explanation before each step."""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ops.config import demo_file
from tests.legacy.load import LEGACY, SERVICE, Load, log_in, lost
from tests.parts import free_port
from tests.system.platform import ROOT, Platform, until

GROUPS = ("leads.read", "leads.write", "buyers.read", "auth.login")
STEPS = ("canary=10", "canary=50", "service")
DATABASE = "crm"
_AFTER = re.compile(r"after (\d+\.\d+) s")


@contextmanager
def old_system(folder: Path) -> Iterator[tuple[str, str]]:
    """Run the stand-in with a MongoDB of its own; yield where it listens and its MongoDB's URI."""
    port, database = free_port(), free_port()
    with standing_in(folder, "127.0.0.1", port, "--mongodb-port", str(database)) as url:
        yield url, f"mongodb://127.0.0.1:{database}/?replicaSet=rs0"


@contextmanager
def standing_in(folder: Path, host: str, port: int, *more: str, **environment: str) -> Iterator[str]:
    """Run the stand-in at `host` and `port` and yield its URL. environment: MONGODB_URI when it has no MongoDB of its own."""
    command = [sys.executable, "-m", "tests.legacy", "--host", host, "--port", str(port), *more]
    command += ["--name", DATABASE, "--folder", str(folder / "legacy")]
    own = {name: value for name, value in os.environ.items() if name != "MONGODB_URI"}
    with (folder / "legacy.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**own, **environment}, stdout=log, stderr=log)
    url = f"http://{host}:{port}"
    try:
        until(lambda: process.poll() is not None or _answers(url), 60)
        assert process.poll() is None, (folder / "legacy.log").read_text()
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/health", timeout=1).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def in_front_of(legacy: str, uri: str, folder: Path, **environment: str) -> Iterator[Platform]:
    """Run a platform on the old system's database with everything still going to the old system. environment: its settings."""
    platform = Platform(folder)
    platform.environment |= {"LEADMESH_LEGACY_URL": legacy, "MONGODB_URI": uri, "MONGODB_NAME": DATABASE}
    platform.environment |= {"JWT_ISSUE": "legacy", **environment}
    try:
        platform.start()
        platform.command("rollback", "--all", "--reason", "nothing has moved yet")
        # What the services keep of each other's records, from the records that were there before them.
        platform.manage("rebuild_projections")
        platform.manage("load_credentials", str(demo_file()))
        yield platform
    finally:
        platform.stop()


def moved(platform: Platform, group: str, to: str) -> float:
    """Move a group with the real command and return the seconds until every gateway served it, as the command told them."""
    if to == "rollback":
        told = platform.command("rollback", group, "--reason", "and back")
    else:
        told = platform.command("route", group, "--to", to, "--force", "--reason", "the walk")
    found = _AFTER.search(told)
    assert found, told
    return float(found[1])


_EXPLAINED = {
    "shadow": "the old system answers, the service is asked the same beside it, and the answers are compared",
    "canary=10": "a tenth of the people, always the same ones, are answered by the service",
    "canary=50": "half of them",
    "service": "everybody",
    "rollback": "and back to the old system, as you would when something looks wrong",
}


def main() -> None:
    """Walk."""
    parser = argparse.ArgumentParser(prog="make migration-demo", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each step is looked at (%(default)s)")
    parser.add_argument("--groups", nargs="*", default=GROUPS, help="which groups move (%(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="leadmesh-way-") as name:
        folder = Path(name)
        _tell("1. An old system runs: a stand-in for NestJS and Mongoose, with a MongoDB and data of its own.")
        with old_system(folder) as (legacy, uri):
            _tell(f"   It answers at {legacy}.")
            _tell(
                "2. The gateway and the five services start beside it, on the same database. Nobody notices: all groups"
            )
            _tell(
                "   of routes go to the old system. The services read what was there before them (rebuild_projections)."
            )
            with in_front_of(legacy, uri, folder / "platform") as platform:
                _walk(platform, legacy, options.groups, options.seconds)
    _tell("Everything that was started is stopped.")


def _walk(platform: Platform, legacy: str, groups: list[str], seconds: float) -> None:
    _tell(f"   The gateway answers at {platform.url}. Forty people and some logins keep it busy from now on.")
    load = Load(platform.url, legacy)
    with load.running():
        time.sleep(seconds)
        for number, group in enumerate(groups, 3):
            _tell(f"{number}. The group {group} moves.")
            for to in (*(("shadow",) if group.endswith(".read") else ()), *STEPS, "rollback"):
                _step(platform, load, group, to, seconds)
                if to == "shadow":
                    told = platform.command("shadow", "passport", group, check=False)
                    _tell("".join(f"   {'':45} {line}\n" for line in told.splitlines()).rstrip())
    _tell(f"The walk is over: {sum(load.answers.values())} requests, {len(load.failures)} failed.")
    for failure in load.failures[:10]:
        _tell(f"   {failure}")
    _tell(f"Every promised write, read from both sides ({len(load.promised)} leads):")
    gone = everywhere(platform, legacy, load)
    _tell(f"   {len(gone)} are missing or show another value.")
    for line in gone[:10]:
        _tell(f"   {line}")
    if load.failures or gone:
        sys.exit(1)


def _step(platform: Platform, load: Load, group: str, to: str, seconds: float) -> None:
    # A walk of minutes earns no passport: a thousand compared requests.
    command = f"leadmesh rollback {group}" if to == "rollback" else f"leadmesh route {group} --to {to} --force"
    failed = len(load.failures)
    took = moved(platform, group, to)
    before = load.answers.copy()
    time.sleep(seconds)
    seen = {side: load.answers[group, side] - before[group, side] for side in (LEGACY, SERVICE)}
    # Who logs in has no token yet: the side is drawn anew each time.
    told = (
        _EXPLAINED[to].replace("the people, always the same ones,", "the logins")
        if group == "auth.login"
        else _EXPLAINED[to]
    )
    _tell(f"   {command:45} {told}")
    _tell(
        f"   {'':45} in effect after {took:.2f} s, {len(load.failures) - failed} requests failed; "
        f"then {seen[LEGACY]} by the old system, {seen[SERVICE]} by the service"
    )


def everywhere(platform: Platform, legacy: str, load: Load) -> list[str]:
    """Return what of the promised writes cannot be read through the old system, or through the service."""
    token = log_in(legacy, "admin@acme.test")["accessToken"]
    headers, gone = {"Authorization": f"Bearer {token}"}, []
    for to, side in (("legacy", LEGACY), ("service", SERVICE)):
        moved(platform, "leads.read", to)
        with httpx.Client(base_url=platform.url, headers=headers, timeout=30) as client:
            missing = lost(load.promised, lambda lead_id: client.get(f"/api/leads/{lead_id}"))
        gone += [f"{side}: {line}" for line in missing]
    moved(platform, "leads.read", "rollback")
    return gone


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
