"""A disk that is full, or that cannot be written to, ends no platform: it is told, waited for, and gone on from."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.files import write_json
from ops import supervisor as supervising
from ops.config import Config
from ops.home import Home
from ops.instances import Instance
from ops.parts.process import Part, PartFailed, spawn
from ops.supervisor import Supervisor
from tests.ops.test_command import ROOT, command
from tests.parts import free_port


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A supervisor whose services sleep; `said` is what it told."""
    said: list[str] = []
    (tmp_path / "gateway" / "endpoints").mkdir(parents=True)
    config = Config(Home(tmp_path), 1, environment={"LEADMESH_ENV": "development"})
    running = Supervisor(config, said.append)
    running.said = said  # type: ignore[attr-defined]

    def start(instance: Instance, config: Config, environment: dict[str, str]) -> None:
        instance.process = spawn(["sleep", "60"], config.home.log(instance.name))
        instance.port, instance.ready = free_port(), True

    monkeypatch.setattr(Instance, "start", start)
    yield running
    monkeypatch.undo()
    for instance in running.instances:
        if instance.process is not None:
            instance.process.kill()
            instance.process.wait()


def full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


WRITERS: list[Callable[[pytest.MonkeyPatch], None]] = [
    lambda patch: patch.setattr(Home, "write", full),
    lambda patch: patch.setattr(supervising, "write_json", full),
    lambda patch: patch.setattr(supervising.gateway, "write_endpoints", full),
    lambda patch: patch.setattr(Instance, "start", full),
]


@pytest.mark.parametrize("fill", WRITERS, ids=["state", "addresses", "gateway", "logs"])
def test_it_goes_on_when_there_is_space_again(platform: Any, fill: Callable[[pytest.MonkeyPatch], None]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fill(patch)
        for _ in range(5):
            platform.tick()
        (trouble, *_) = platform.status()["troubles"]
        assert trouble.endswith("No space left on device")
        told = [text for text in platform.said if "No space left on device" in text]
        assert len(told) == len(set(told))
    for instance in platform.instances:
        instance.next_start = 0
    platform.tick()
    platform.tick()
    assert platform.status()["troubles"] == []
    assert any(text.startswith("Going on with ") for text in platform.said)
    stored = json.loads((platform.config.home.folder / "endpoints.json").read_text(encoding="utf-8"))
    assert {len(urls) for urls in stored.values()} == {1}
    assert len(json.loads((platform.config.home.folder / "running.json").read_text(encoding="utf-8"))) == 10


def test_a_part_that_cannot_be_started_is_tried_again_later(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = subprocess.Popen([sys.executable, "-c", "pass"])
    dead.wait()
    tries: list[str] = []
    platform.parts["redis"] = Part("redis", "redis://x", 1, dead, platform.config.home.log("redis"))  # type: ignore[arg-type]

    def start_part(name: str) -> None:
        tries.append(name)
        raise PartFailed("valkey cannot write")

    monkeypatch.setattr(platform, "_start_part", start_part)
    platform.tick()
    platform.tick()
    assert tries == ["redis"]
    assert platform.status()["troubles"] == ["starting redis: valkey cannot write"]


def test_telling_into_a_full_disk_ends_nothing(tmp_path: Path) -> None:
    script = (
        "import sys; from ops import show; from ops.config import read; from ops.supervisor import Supervisor\n"
        "running = Supervisor(read(), show.tell)\n"
        "for _ in range(3): running.tell('x' * 10000); sys.stdout.flush\n"
        "sys.stderr.write('went on')"
    )
    with Path("/dev/full").open("w", encoding="utf-8") as full_disk:
        environment = {**os.environ, "LEADMESH_HOME": str(tmp_path)}
        outcome = subprocess.run(
            [sys.executable, "-u", "-c", script],
            cwd=ROOT,
            env=environment,
            stdout=full_disk,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert outcome.stderr.startswith("went on")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "routes.json"
    write_json(path, {"a": 1})
    monkeypatch.setattr(json, "dump", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(path, {"a": 2})
    assert [file.name for file in tmp_path.iterdir()] == ["routes.json"]
    assert json.loads(path.read_text(encoding="utf-8")) == {"a": 1}


@pytest.mark.parametrize("words", [("up", "--detach"), ("status",), ("logs", "leads")])
def test_a_home_that_cannot_be_used_is_one_clear_sentence(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    outcome = command(tmp_path / "file" / "home", *words)
    assert outcome.returncode == 2
    assert "LEADMESH_HOME cannot be used" in outcome.stderr
    assert "Traceback" not in outcome.stderr
