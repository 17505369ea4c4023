"""One node for all scenarios, and the table of what was seen."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster import metrics_stub
from tests.cluster.configuration import PAUSE_IMAGE
from tests.cluster.data import Databases
from tests.cluster.images import write_image
from tests.cluster.measures import Measures
from tests.cluster.names import Names
from tests.cluster.node import Node

_SEEN: list[tuple[str, str]] = []
Saw = Callable[[str, str], None]


@pytest.fixture(scope="session")
def folder() -> Path:
    """The folder that `run` made for the node's state."""
    return Path(os.environ["LEADMESH_CLUSTER_FOLDER"])


@pytest.fixture(scope="session")
def node(folder: Path) -> Iterator[Node]:
    """A node with nothing on it but the image that holds a pod's namespaces."""
    node = Node(folder, Path(os.environ["LEADMESH_KUBERNETES"]))
    busybox = (node.built / "root/bin/busybox").read_bytes()
    write_image(folder / "pause.tar", PAUSE_IMAGE, {"busybox": busybox}, ["/busybox", "sleep", "999999999"])
    try:
        node.start()
        node.load_image(folder / "pause.tar")
        names = Names(node)
        names.start()
        yield node
        names.stop()
    finally:
        node.stop()


@pytest.fixture(scope="session")
def databases(node: Node, folder: Path) -> Iterator[Databases]:
    """MongoDB and Valkey beside the node."""
    databases = Databases.start(folder)
    yield databases
    databases.stop()


@pytest.fixture(scope="session")
def measures(node: Node, databases: Databases) -> Measures:
    """The metrics APIs, served from what pods really do."""
    measures = Measures(node, databases.waiting)
    measures.start()
    metrics_stub.start(node, measures)
    return measures


@pytest.fixture(scope="session")
def images(node: Node) -> None:
    """The images of the services and the gateway on the node."""
    node.load_image(Path(os.environ["LEADMESH_CLUSTER_IMAGES"]))


@pytest.fixture(scope="session")
def saw() -> Saw:
    """Note what was seen for the table at the end: saw("rolling upgrade", "1200 requests, 0 failed")."""
    return lambda what, result: _SEEN.append((what, result))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table."""
    width = max((len(what) for what, _ in _SEEN), default=0)
    terminalreporter.section("what was seen")
    for what, result in _SEEN:
        terminalreporter.write_line(f"{what:<{width}}  {result}")
