"""The images, built once with a real engine, and the figures that are shown at the end."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.images.engine import IMAGES, build, run

_figures: list[str] = []


@pytest.fixture(scope="session")
def figures() -> list[str]:
    """What was measured: shown at the end, asserted nowhere."""
    return _figures


def pytest_addoption(parser: Any) -> None:
    """Official images of MongoDB, Valkey and Envoy can be asked for where they can be pulled."""
    parser.addoption("--official", action="store_true", help="pull MongoDB, Valkey and Envoy instead of our stand-ins")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show the figures."""
    if _figures:
        terminalreporter.section("images")
        for line in _figures:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def engine() -> Iterator[None]:
    """An engine that answers: the machine's own, or one that is started here and stopped again."""
    before = os.environ.get("DOCKER_HOST")
    was_running = bool(run("docker/engine", "address", check=False))
    os.environ["DOCKER_HOST"] = run("docker/engine", "start", seconds=300)
    yield
    if before is None:
        del os.environ["DOCKER_HOST"]
    if not was_running:
        run("docker/engine", "stop")


@pytest.fixture(scope="session")
def images(engine: None) -> list[str]:
    """The names of all seven images."""
    return build(*IMAGES, "gateway-agent")


@pytest.fixture(scope="session")
def stand_ins(engine: None, request: pytest.FixtureRequest) -> list[str]:
    """The names of what replaces official images; none when those are asked for."""
    return [] if request.config.getoption("--official") else build("--stand-ins")
