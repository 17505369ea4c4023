#!/usr/bin/env python3
"""Prints, as JSON, what of tests/ a change concerns: .ci/changed.py BASE. Uses only the standard library.

A service's own files concern its tests and those of all services together (tests/contract and the files in tests/ itself); what
services share concerns everything.
"""

import json
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Run on their own, or by the target that needs them.
_ELSEWHERE = {"charts", "images", "cluster", "bench", "data"}
_SERVICES = runpy.run_path(str(ROOT / "platform_services.py"))["SERVICES"]
# What else a change of a folder concerns.
_ALSO = {"gateway": ("system",), "ops": ("system",)}
# What no test of a service reads.
_QUIET = (
    "docs/",
    "helm/",
    "docker/",
    ".github/",
    ".ci/",
    "tests/charts/",
    "tests/images/",
    "tests/cluster/",
    "tests/bench/",
)


def parts() -> list[str]:
    """Return every part of tests/ that a pull request may have to run, as `make test-<part>` takes it."""
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    return sorted((folders - _ELSEWHERE) | _together())


def _together() -> set[str]:
    return {path.name for path in (ROOT / "tests").glob("test_*.py")}


def concerned(files: list[str]) -> list[str]:
    """Return the parts that changes of `files` concern, sorted."""
    chosen: set[str] = set()
    for file in files:
        if file.startswith(_QUIET) or (file.endswith(".md") and "/" not in file):
            continue
        part = _part(file)
        if part is None:
            return parts()
        chosen |= {part, *_ALSO.get(part, ())}
        chosen |= {"contract", *_together()} if part in _SERVICES else set()
    return sorted(chosen & set(parts()))


def since(base: str) -> list[str]:
    """Return the parts that the changes since the commit `base` concern; all when that commit no longer exists."""
    words = ["git", "diff", "--name-only", "-z", f"{base}...HEAD"]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603
    return concerned([name for name in done.stdout.split("\0") if name]) if done.returncode == 0 else parts()


def _part(file: str) -> str | None:
    """The part that a file belongs to; None when all depend on it."""
    words = file.split("/")
    if words[0] in ("services", "tests") and len(words) > 2 and words[1] in parts():
        return words[1]
    return words[0] if words[0] in _ALSO else None


if __name__ == "__main__":
    base = sys.argv[1] if len(sys.argv) > 1 else ""
    if not base or set(base) == {"0"}:
        print(json.dumps(parts()))  # noqa: T201 - this is a command
    else:
        print(json.dumps(since(base)))  # noqa: T201
