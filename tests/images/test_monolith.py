"""All five services in one container, behind the same gateway, on the same compose file."""

from collections.abc import Iterator

import pytest

from tests.images.engine import image
from tests.images.stack import Stack, answers, eventually
from tests.system import test_chain as chain


@pytest.fixture(scope="module")
def stack(images: list[str], stand_ins: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("monolith"), "monolith", stand_ins)
    try:
        running.start()
        eventually(lambda: answers(f"{running.url}/health"))
        yield running
    finally:
        running.stop()


def test_one_process_serves_all_five(stack: Stack) -> None:
    web = {state["Service"]: state["Image"] for state in stack.states().values() if "monolith" in state["Image"]}
    assert web == dict.fromkeys(("monolith", "monolith-worker", "monolith-migrate"), image("monolith"))
    (container,) = stack.containers("monolith")
    client = stack.client()
    for path in ("auth/me", "users/me", "leads", "buyers", "dashboard"):
        assert client.get(f"/api/{path}").headers["x-leadmesh-instance"] == container["Config"]["Hostname"]


def test_from_registration_to_the_dashboard(stack: Stack) -> None:
    chain.test_from_registration_to_the_dashboard(stack)
