"""A whole platform under test: real processes, real ports, the `leadmesh` command."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from pymongo import MongoClient

from tests.parts import free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "Str0ng!pass-for-tests"
# What the tests' own settings must not leak into a platform of its own.
_OWN = ("MONGODB_URI", "REDIS_URL", "LEADMESH_ENV", "LOG_LEVEL", "DJANGO_SETTINGS_MODULE")


class Platform:
    """A platform with a home and a port of its own; of the checkout `root`, this one by default."""

    def __init__(self, folder: Path, *, monolith: bool = False, root: Path = ROOT) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.monolith = monolith
        self.root = root
        self.environment = {
            name: value for name, value in os.environ.items() if name not in _OWN and not name.endswith("_MONGODB_NAME")
        }
        self.environment |= {
            "LEADMESH_HOME": str(folder),
            "LEADMESH_PORT": str(self.port),
            "LEADMESH_RATE_LIMIT": "100000",
        }

    def command(self, *words: str, check: bool = True) -> str:
        """Run `leadmesh` and return what it printed."""
        outcome = subprocess.run(
            [sys.executable if self.root == ROOT else str(self.root / ".venv/bin/python"), "-m", "ops", *words],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        assert not check or outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome.stdout

    def manage(self, *words: str) -> None:
        """Run a management command of the monolith beside the running services."""
        parts = self.status()["parts"]
        environment = self.environment | {
            "LEADMESH_ENV": "development",
            "MONGODB_URI": self.environment.get("MONGODB_URI") or parts["mongodb"]["uri"],
            "REDIS_URL": parts["redis"]["uri"],
            "LEADMESH_ENDPOINTS_FILE": str(self.folder / "endpoints.json"),
        }
        command = [sys.executable, "services/monolith/manage.py", *words]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL, timeout=110)

    def start(self) -> None:
        self.command("up", "--detach", "--no-seed", *(["--monolith"] if self.monolith else []))

    def stop(self) -> None:
        self.command("down", check=False)

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.command("status", "--json")))

    def database(self, service: str) -> Any:
        """The database of a service, past all services."""
        return MongoClient(self.status()["parts"]["mongodb"]["uri"])[f"leadmesh_{service}"]

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30.0)

    def token(self, role: str = "admin", tenant: str | None = None) -> str:
        return self.command("token", "--role", role, *(["--tenant", tenant] if tenant else [])).strip()


@contextmanager
def running_platform(**environment: str) -> Iterator[Platform]:
    """Yield a running platform in a folder of its own, gone afterwards. environment: settings of its own."""
    with tempfile.TemporaryDirectory(prefix="leadmesh-") as folder:
        platform = Platform(Path(folder))
        platform.environment |= environment
        print("Starting the platform", flush=True)
        try:
            platform.start()
            yield platform
        finally:
            platform.stop()


def until(question: Callable[[], Any], seconds: float = 5.0) -> Any:
    """Return the first true answer; fail when there is none within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds")


def lead_body(assignee: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a lead that no other test has."""
    number = uuid.uuid4().int
    preferences = {
        "propertyType": ["single_family"],
        "transactionType": "sell",
        "maxPrice": 200_000,
        "preferredLocations": [],
        "mustHaveFeatures": [],
        "niceToHaveFeatures": [],
        "dealBreakers": [],
        "timeline": "flexible",
    }
    contact = {
        "firstName": "Nora",
        "lastName": "New",
        "email": f"n{number % 10**12}@example.com",
        "phone": f"{200 + number % 799}{number % 10**7:07}",
        "preferredContactMethod": "email",
        "address": {"street": "1 Main St", "city": "Austin", "state": "TX", "zipCode": "78701"},
    }
    return {
        "source": "website",
        "assignedTo": assignee,
        "contactInfo": contact,
        "propertyPreferences": preferences,
        **changes,
    }
