"""`make test-previous`: may this release be rolled out beside the previous one, and back?

Migrations only expand: while pods of both releases run, and after a roll-back, the previous release works on databases that
this one has prepared and written. So (1) its own tests run on databases with this release's indexes and migrations, and (2) it
is started on what this release has stored, and must show the same records.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from platform_services import SERVICES
from tests.previous.ahead import ROOT
from tests.system.platform import Platform, until

RELEASE = (Path(__file__).with_name("RELEASE")).read_text().strip()
_TESTED = [f"tests/{name}" for name in ("core", *SERVICES)]
_LISTS = {
    "/api/leads?limit=50": "leads",
    "/api/buyers?limit=50": "buyers",
    "/api/users?limit=50": "users",
}


def main() -> None:
    """Read the command line, check, and end with 1 when the previous release does not work."""
    parser = argparse.ArgumentParser(prog="python -m tests.previous", description=__doc__)
    parser.add_argument("--release", default=RELEASE, help="commit or tag of the previous release (%(default)s)")
    options = parser.parse_args()
    with _checkout(options.release) as folder:
        print(f"Release {options.release[:12]}: its libraries", flush=True)
        subprocess.run(["make", "--silent", ".venv/installed"], cwd=folder, check=True, env=_environment())
        print("Its tests, on databases with this release's migrations", flush=True)
        _run_its_tests(folder)
        print("Its services, on what this release has stored", flush=True)
        _roll_back(folder)
    print("The previous release works beside this one.")


@contextmanager
def _checkout(release: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="leadmesh-previous-") as parent:
        folder = Path(parent) / "release"
        subprocess.run(
            ["git", "worktree", "add", "--detach", "-f", str(folder), release],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        try:
            yield folder
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(folder)], cwd=ROOT, check=False)


def _environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))} | more


def _run_its_tests(folder: Path) -> None:
    command = [".venv/bin/python", "-W", "ignore", "-m", "pytest", "-q", "-n", "auto", "-p", "ahead", *_TESTED]
    environment = _environment(PYTHONPATH=str(ROOT / "tests/previous"))
    if subprocess.run(command, cwd=folder, env=environment, check=False).returncode:
        sys.exit("The previous release's tests fail on this release's indexes.")


def _roll_back(folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="leadmesh-previous-") as home:
        ahead = Platform(Path(home))
        ahead.command("up", "--detach")
        written = _records(ahead)
        ahead.stop()
        behind = Platform(Path(home), root=folder)
        behind.command("up", "--detach")
        try:
            until(lambda: _records(behind) == written, seconds=20)
        except AssertionError:
            sys.exit("The previous release shows other records than this one.")
        finally:
            behind.stop()
    print(f"  {', '.join(f'{len(found)} {name}' for name, found in written.items())}: the same")


def _records(platform: Platform) -> dict[str, dict[str, str]]:
    """Return what identifies the records of each list and what people see of them."""
    with platform.client(platform.token()) as client:
        return {name: _identified(client.get(path), name) for path, name in _LISTS.items()}


def _identified(answer: httpx.Response, name: str) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    body: Any = answer.json()
    found = (body.get("data") or body)[name] if isinstance(body, dict) else body
    return {
        one.get("leadId") or one.get("buyerId") or one.get("_id") or one["id"]: str(one.get("status")) for one in found
    }


if __name__ == "__main__":
    main()
