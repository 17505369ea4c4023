"""One service of the compose file, started alone by its profile."""

from pathlib import Path

from tests.images.stack import Stack, eventually


def test_a_service_starts_without_the_others(images: list[str], stand_ins: list[str], tmp_path: Path) -> None:
    stack = Stack(tmp_path, "leads", stand_ins)
    try:
        stack.start()
        assert {state["Service"] for state in stack.states().values()} == {
            *("gateway", "gateway-config", "mongodb", "database", "valkey", "leads", "leads-worker", "leads-migrate")
        }
        eventually(lambda: stack.client().get("/api/leads").status_code == 401)
        assert stack.client().get("/api/buyers").status_code == 503
    finally:
        stack.stop()
