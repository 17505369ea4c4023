"""The platform of docker/compose.yaml under test: a project of its own, fresh secrets, stand-ins for what cannot be pulled."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from tests.images.engine import TOOLS, docker, inspect, run
from tests.parts import free_port

_FILES = ("-f", "docker/compose.yaml")
_STAND_INS = ("-f", "docker/compose.test.yaml")
# A start of some twenty containers on two shared cores.
_UP_SECONDS = 400


class Stack:
    """A running platform; `client` is what tests of whole platforms use."""

    def __init__(self, folder: Path, profile: str, stand_ins: list[str], legacy: str = "") -> None:
        self.files = (*_FILES, *(_STAND_INS if stand_ins else ()))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = folder / f"{profile}.env"
        given = dict(line.split("=", 1) for line in run("docker/new-env").splitlines() if "=" in line)
        given |= {
            "COMPOSE_PROFILES": profile,
            "LEADMESH_PORT": str(self.port),
            "LEADMESH_PUBLIC_URL": self.url,
            "LEADMESH_SETTINGS": str(folder / "settings.env"),
            "PROMETHEUS_PORT": str(free_port()),
            # Everybody comes from one address here.
            "LEADMESH_RATE_LIMIT": "100000",
            "LEADMESH_LEGACY_URL": legacy,
        }
        self.secrets = given
        self.numbers = f"http://127.0.0.1:{given['PROMETHEUS_PORT']}"
        self.settings.write_text("\n".join(f"{name}={value}" for name, value in given.items()), encoding="utf-8")
        # Nobody reads mails here.
        more = ["EMAIL_VERIFICATION=false", *(("MONGODB_NAME=crm", "JWT_ISSUE=legacy") if legacy else ())]
        (folder / "settings.env").write_text("\n".join(more), encoding="utf-8")

    def compose(self, *words: str, check: bool = True) -> str:
        own = ("--project-name", "leadmesh-test", "--env-file", str(self.settings), *self.files)
        return run(str(TOOLS / "docker-compose"), *own, *words, check=check, seconds=_UP_SECONDS)

    def command(self, *words: str) -> str:
        """Run `leadmesh` beside the gateway and return what it printed."""
        return self.compose("exec", "-T", "-e", "LEADMESH_AUTHOR=test", "gateway-agent", "leadmesh", *words)

    def start(self) -> None:
        self.stop()
        # Not --wait: it gives up when a container is late once, as on a busy machine.
        self.compose("up", "--no-build", "--detach", "--quiet-pull")
        eventually(self._healthy, _UP_SECONDS, pause=1)

    def _healthy(self) -> bool:
        found = self.states().values()
        return all(one["ExitCode"] == 0 and one["Health"] in ("", "healthy") for one in found)

    def stop(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans")

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30.0)

    def containers(self, service: str) -> list[dict[str, Any]]:
        """Return what the engine knows of every container of a service."""
        names = self.compose("ps", "--all", "--format", "{{.Name}}", service).splitlines()
        return [inspect(name) for name in sorted(names)]

    def states(self) -> dict[str, dict[str, Any]]:
        """Return name to state of every container."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        return {entry["Name"]: entry for entry in map(json.loads, lines)}


def address(container: dict[str, Any], port: int = 8000) -> str:
    """Return where a container answers this machine, past the gateway."""
    networks = container["NetworkSettings"]["Networks"]
    return f"http://{networks['leadmesh-test_front']['IPAddress']}:{port}"


def seconds_to_ready(name: str) -> float:
    """Start a container anew and return the time from its start to its first ready answer."""
    docker("restart", name)
    container = inspect(name)
    started = datetime.fromisoformat(container["State"]["StartedAt"][:26] + "+00:00").timestamp()
    where = address(container)
    eventually(lambda: answers(f"{where}/health/ready"), 60, pause=0.02)
    return time.time() - started


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=1.0).status_code == 200
    except httpx.HTTPError:
        return False


def eventually(question: Callable[[], Any], seconds: float = 60.0, pause: float = 0.2) -> Any:
    """Return the first true answer; fail when there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(pause)
    raise AssertionError(f"not within {seconds} seconds")
