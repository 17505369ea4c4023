"""Platforms for the system tests: one of five services, one monolith, each started once."""

from collections.abc import Iterator

import pytest

from tests.system.platform import Platform


def _running(folder: object, *, monolith: bool) -> Iterator[Platform]:
    platform = Platform(folder, monolith=monolith)  # type: ignore[arg-type]
    platform.start()
    try:
        yield platform
    finally:
        platform.stop()


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Five services behind the gateway."""
    yield from _running(tmp_path_factory.mktemp("services"), monolith=False)


@pytest.fixture(scope="session")
def monolith(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """All five in one process behind the same gateway."""
    yield from _running(tmp_path_factory.mktemp("monolith"), monolith=True)
