"""The `leadmesh` command: clear sentences, control, tokens."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jwt
import psutil
import pytest

from ops.control import NotRunning, ask, serve
from ops.demo.data import buyers, leads
from ops.home import Home, is_free
from ops.instances import Instance
from tests.parts import free_port
from tests.system.platform import until

ROOT = Path(__file__).resolve().parents[2]


def command(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LEADMESH_HOME": str(home), "LEADMESH_ENV": "development", **variables}
    return subprocess.run(
        [sys.executable, "-m", "ops", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    text = command(tmp_path, "--help").stdout
    for word in ("up", "down", "status", "start", "stop", "restart", "scale", "logs", "seed", "token"):
        assert f"  {word} " in text


@pytest.mark.parametrize("words", [("status",), ("stop", "leads"), ("scale", "leads", "2"), ("down",), ("seed",)])
def test_without_a_platform_the_way_out_is_named(tmp_path: Path, words: tuple[str, ...]) -> None:
    outcome = command(tmp_path, *words)
    assert outcome.returncode == 2
    assert "No platform is running here" in outcome.stderr


def test_a_busy_port_is_one_clear_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        outcome = command(tmp_path, "up", LEADMESH_PORT=port)
    assert outcome.returncode == 2
    assert outcome.stderr.strip() == f"Port {port} is in use: choose another one, for example LEADMESH_PORT=8010."
    assert not (tmp_path / "mongodb").exists()


def test_a_missing_mongod_is_one_clear_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "bin"
    broken.mkdir()
    script = broken / "mongod"
    script.write_text(
        "#!/bin/sh\necho 'mongod: error while loading shared libraries: libcurl.so.4: no' >&2\nexit 127\n"
    )
    script.chmod(0o755)
    variables = {"PATH": f"{broken}:{os.environ['PATH']}", "LEADMESH_PORT": str(free_port()), "MONGODB_URI": ""}
    outcome = command(tmp_path / "home", "up", **variables)
    assert outcome.returncode == 2
    assert "mongod lacks libcurl.so.4: run `apt-get install libcurl4" in outcome.stderr.replace("\n", " ")


def test_a_token_is_printed_alone(tmp_path: Path) -> None:
    outcome = command(tmp_path, "token", "--role", "manager")
    claims = jwt.decode(outcome.stdout.strip(), options={"verify_signature": False})
    assert claims["roles"] == ["manager"]
    assert claims["tenantId"] == "64f000000000000000000001"
    other = command(tmp_path, "token", "--role", "admin", "--tenant", "64b000000000000000000009").stdout.strip()
    assert jwt.decode(other, options={"verify_signature": False})["tenantId"] == "64b000000000000000000009"


def test_no_tokens_in_production(tmp_path: Path) -> None:
    outcome = command(tmp_path, "token", "--role", "admin", LEADMESH_ENV="production")
    assert (outcome.returncode, outcome.stdout) == (2, "")


def test_logs_of_no_process(tmp_path: Path) -> None:
    outcome = command(tmp_path, "logs", "leads")
    assert outcome.returncode == 2
    assert "There are no logs of 'leads'" in outcome.stderr


def test_demo_data_is_the_same_every_time() -> None:
    assert leads(40, ["a"]) == leads(40, ["a"])
    assert len({body["contactInfo"]["email"] for body in leads(40, ["a"])}) == 40
    assert len({body["email"] for body in buyers(15)}) == 15


def test_control_refuses_with_a_sentence_and_survives(tmp_path: Path) -> None:
    def handler(request: dict[str, Any]) -> Any:
        if request["do"] == "fail":
            raise ValueError("Not like this.")
        return request["do"]

    path = Home(tmp_path).socket
    server = serve(path, handler)
    assert ask(path, {"do": "hello"}) == "hello"
    with pytest.raises(ValueError, match="Not like this"):
        ask(path, {"do": "fail"})
    assert ask(path, {"do": "again"}) == "again"
    assert path.stat().st_mode & 0o077 == 0
    server.shutdown()
    server.server_close()
    path.unlink()
    with pytest.raises(NotRunning):
        ask(path, {"do": "hello"})


def test_a_long_home_path_still_has_a_socket(tmp_path: Path) -> None:
    home = Home(tmp_path / ("x" * 120))
    assert len(str(home.socket)) < 108


def test_only_one_supervisor_per_home(tmp_path: Path) -> None:
    first = Home(tmp_path).lock()
    assert first is not None
    assert Home(tmp_path).lock() is None
    first.close()
    again = Home(tmp_path).lock()
    assert again is not None
    again.close()


def test_ports_are_remembered(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.port("mongodb") == home.port("mongodb")
    assert is_free(home.port("mongodb"))
    assert home.port("mongodb") != home.port("redis")


def test_an_instance_that_keeps_dying_is_started_later_and_later() -> None:
    instance, pauses = Instance("leads", "web", 1), []
    for _ in range(8):
        instance.started = time.monotonic()
        instance.note_death()
        pauses.append(instance.pause)
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10.0
    assert instance.restarts == 8


def test_children_die_with_a_killed_parent(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from ops.parts.process import spawn\n"
        f"child = spawn(['sleep', '60'], Path({str(tmp_path / 'log')!r}))\n"
        "print(child.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert psutil.pid_exists(child)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


def test_stored_facts_survive_garbage(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (tmp_path / "ports.json").write_text("{broken", encoding="utf-8")
    assert home.read("ports") == {}
    home.write("ports", {"a": 1})
    assert json.loads((tmp_path / "ports.json").read_text(encoding="utf-8")) == {"a": 1}
