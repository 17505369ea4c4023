"""Floods: whoever sends too much is limited, and nobody else."""

import itertools
import time
from contextlib import closing

from tests.attack.hostile import Scene, in_threads

LIMIT = 50
_PATH = "/api/auth/test-mode/status"
# The bucket holds twice what flows in within a second (gateway.envoy). The last second may count for two.
_FULL, _SLACK = 2 * LIMIT, 2 * LIMIT


def one_address(scene: Scene) -> None:
    """One address sends all it can, and says that it is somebody else: it is limited, by where it really comes from."""
    begun, address = time.monotonic(), scene.address()
    others = itertools.cycle(f"10.0.{number % 200}.1" for number in range(200))

    def flood() -> None:
        with closing(scene.sender(address=address)) as sender:
            while not scene.is_over:
                sender.send("GET", _PATH, X_Forwarded_For=next(others))

    in_threads([flood] * 3)
    _judge(scene, scene.statuses["200"], time.monotonic() - begun)


def many_addresses(scene: Scene) -> None:
    """The same while sixty other addresses come by, each once: the gateway does not forget whom it had limited."""
    begun, let_through = time.monotonic(), 0
    with closing(scene.sender()) as flooder:
        while not scene.is_over:
            let_through += sum(flooder.send("GET", _PATH).status == 200 for _ in range(_FULL + LIMIT))
            for _ in range(60):
                with closing(scene.sender()) as passer_by:
                    passer_by.send("GET", _PATH)
    _judge(scene, let_through, time.monotonic() - begun)


def _judge(scene: Scene, let_through: int, seconds: float) -> None:
    allowed = _FULL + LIMIT * seconds + _SLACK
    scene.notes.append(f"of one address {let_through} were let through in {seconds:.0f} s; its limit is {LIMIT}/s")
    if let_through > allowed:
        scene.broken.append(f"{let_through} requests of one address were let through, {allowed:.0f} is the most")
