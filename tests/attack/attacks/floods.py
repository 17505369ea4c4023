"""Floods: whoever sends too much is limited, and nobody else. What is asked for is answered by the gateway alone."""

import time

from tests.attack.hostile import Scene, in_threads

LIMIT = 20
# More than Envoy counts by itself.
_PASSERS_BY = 25
# The bucket holds twice what flows in within a second (gateway.envoy).
_FULL = 2 * LIMIT


def one_address(scene: Scene) -> None:
    """One address sends all it can, and says that it is somebody else: it is limited, by where it really comes from."""
    begun, address = time.monotonic(), scene.address()

    def flood(number: int) -> None:
        while not scene.is_over:
            scene.burst(address, _FULL, f"X-Forwarded-For: 10.0.{number}.1, 127.1.0.1")
            time.sleep(0.1)

    in_threads([lambda number=number: flood(number) for number in range(3)])
    _judge(scene, scene.statuses["404"], time.monotonic() - begun)


def many_addresses(scene: Scene) -> None:
    """The same while twenty-five other addresses come by, each once: the gateway does not forget whom it had limited."""
    begun, let_through, flooder = time.monotonic(), 0, scene.address()
    while not scene.is_over:
        let_through += scene.burst(flooder, 2 * _FULL)["404"]
        for _ in range(_PASSERS_BY):
            scene.burst(scene.address(), 1)
    _judge(scene, let_through, time.monotonic() - begun)


def _judge(scene: Scene, let_through: int, seconds: float) -> None:
    most = _FULL + LIMIT * (seconds + 1)
    scene.notes.append(
        f"of one address {let_through} were let through in {seconds:.1f} s; {most:.0f} is the most ({LIMIT}/s)"
    )
    if let_through > most:
        scene.broken.append("an address sends more than its limit")
    elif not scene.statuses["429"]:
        scene.notes.append("not judged: this machine is too busy to send more than the limit")
