"""The parts of a platform, from the environment, the file .env and the command line."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from ops.home import ROOT, Home
from platform_services import SERVICES

DEVELOPMENT_SECRET = "leadmesh-development-secret-do-not-use"  # noqa: S105 - refused outside development


@dataclass(frozen=True)
class Config:
    """One platform. `processes` are the services that run as processes of their own: five, or the monolith."""

    home: Home
    port: int
    monolith: bool = False
    seed: bool = True
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def processes(self) -> tuple[str, ...]:
        """The names of the service processes."""
        return ("monolith",) if self.monolith else SERVICES

    @property
    def url(self) -> str:
        """Where the gateway listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def in_development(self) -> bool:
        """Whether this is a development platform."""
        return self.environment["LEADMESH_ENV"] != "production"


def read(*, monolith: bool = False, seed: bool = True) -> Config:
    """Return the platform that the environment describes; it wins over .env, which wins over the defaults."""
    given = {name: value for name, value in dotenv_values(ROOT / ".env").items() if value is not None}
    environment = {"LEADMESH_ENV": "development", **given, **os.environ}
    port = int(environment.get("LEADMESH_PORT") or 8000)
    environment.setdefault("LEADMESH_PUBLIC_URL", f"http://127.0.0.1:{port}")
    environment["PYTHONUNBUFFERED"] = "1"
    return Config(Home.from_environment(), port, monolith, seed, environment)


def python() -> str:
    """Return the interpreter of this command, which has all libraries."""
    return sys.executable


def demo_file() -> Path:
    """Return the file of the demo people."""
    return ROOT / "ops" / "demo" / "people.json"
