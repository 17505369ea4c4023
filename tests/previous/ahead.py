"""pytest plugin for the previous release's own tests: its databases also get this release's migrations, before any test."""

import os
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: Any) -> Generator[None, Any, Any]:
    """After the release has prepared its databases, prepare them with this one."""
    made = yield
    if fixturedef.argname == "prepared_databases":
        command = [
            ROOT / ".venv/bin/python",
            "-W",
            "ignore",
            "services/monolith/manage.py",
            "prepare",
            "--verbosity",
            "0",
        ]
        environment = {
            name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE")
        }
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return made
