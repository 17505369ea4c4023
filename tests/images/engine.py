"""Commands of the container engine, and what is in its images."""

import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_services import SERVICES

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools" / "bin"
VERSION = (ROOT / "VERSION").read_text(encoding="utf-8").strip()
BASE = os.environ.get("PYTHON_IMAGE", "python:3.11-slim-bookworm")
IMAGES = (*SERVICES, "monolith")
# The first build loads and installs everything.
_BUILD_SECONDS = 900


def run(*words: str, check: bool = True, env: dict[str, str] | None = None, seconds: float = 120) -> str:
    """Run a command and return what it printed; fail with its words when it fails."""
    outcome = subprocess.run(
        words, cwd=ROOT, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False, timeout=seconds
    )
    assert not check or outcome.returncode == 0, f"{' '.join(words)}\n{outcome.stdout[-3000:]}{outcome.stderr[-3000:]}"
    return outcome.stdout.strip()


def docker(*words: str, check: bool = True) -> str:
    return run("docker", *words, check=check)


def inspect(name: str) -> dict[str, Any]:
    """Return what the engine knows of an image or a container."""
    found: list[dict[str, Any]] = json.loads(docker("inspect", name))
    return found[0]


def build(*words: str) -> list[str]:
    """Run docker/build and return the names that it made."""
    return run("docker/build", *words, seconds=_BUILD_SECONDS).splitlines()


def image(service: str) -> str:
    return f"leadmesh/{service}:{VERSION}"


@dataclass(frozen=True)
class Layer:
    """The files that one layer adds (path to mode), and the paths that it hides."""

    files: dict[str, int]
    hidden: frozenset[str]


def layers(folder: Path, names: list[str]) -> dict[str, list[Layer]]:
    """Return every image's layers from the lowest to the highest."""
    archive = folder / "images.tar"
    run("docker", "save", "--output", str(archive), *names, seconds=300)
    known: dict[str, Layer] = {}
    with tarfile.open(archive) as saved:
        manifest = json.loads(_member(saved, "manifest.json").read())
        for entry in manifest:
            for path in entry["Layers"]:
                if path not in known:
                    known[path] = _layer(saved, path)
    archive.unlink()
    return {entry["RepoTags"][0]: [known[path] for path in entry["Layers"]] for entry in manifest}


def _member(saved: tarfile.TarFile, path: str) -> Any:
    member = saved.getmember(path)
    # The engine saves a layer that several images share once, and links to it.
    if member.issym():
        return _member(saved, os.path.normpath(str(Path(path).parent / member.linkname)))
    return saved.extractfile(member)


def _layer(saved: tarfile.TarFile, path: str) -> Layer:
    files, hidden = {}, set()
    with tarfile.open(fileobj=_member(saved, path)) as layer:
        for member in layer:
            name = member.name.removeprefix("./")
            folder, _, last = name.rpartition("/")
            if last.startswith(".wh."):
                hidden.add(f"{folder}/{last.removeprefix('.wh.')}")
            elif not member.isdir():
                files[name] = member.mode
    return Layer(files, frozenset(hidden))


def visible(stack: list[Layer]) -> dict[str, int]:
    """Return the files that a container sees."""
    seen: dict[str, int] = {}
    for layer in stack:
        seen = {path: mode for path, mode in seen.items() if not _is_hidden(path, layer.hidden)}
        seen |= layer.files
    return seen


def _is_hidden(path: str, hidden: frozenset[str]) -> bool:
    return any(part in hidden for part in _with_parents(path))


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
