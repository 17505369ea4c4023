"""Whoever registers tries to become operator, step by step."""

import re
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tests.attack.hostile import Answer, Scene, Sender
from tests.system.platform import PASSWORD

_SOON_SECONDS = 8.0


def take_over(scene: Scene) -> None:
    """A stranger founds a tenant, moves the operator into it, gives them another address, and resets their password."""
    for target in (scene.cast.operator, scene.cast.administrators[0]):
        _climb(scene, target.id, target.role)


def _climb(scene: Scene, target: str, word: str) -> None:
    mark = uuid.uuid4().hex[:8]
    mine, theirs = f"stranger{mark}@hostile.test", f"stolen{mark}@hostile.test"
    with closing(scene.sender()) as nobody:
        account = {"email": mine, "password": PASSWORD, "firstName": "S", "lastName": "T", "companyName": "C"}
        nobody.send("POST", "/api/auth/register", account)
        stranger = _logged_in(scene, nobody, mine)
        founded = stranger.send("POST", "/api/tenants", {"name": f"Own {mark}", "subdomain": f"own{mark}"}).json()
        # Their token works in the new tenant within seconds.
        _soon(lambda: stranger.send("GET", "/api/tenants"))
        move = f"/api/tenants/{founded.get('tenantId')}/users/{target}"
        steps: list[tuple[str, Callable[[], Answer]]] = [
            ("move them into the own tenant", lambda: stranger.send("POST", move)),
            ("the same as admin", lambda: stranger.send("POST", f"{move}?role=admin")),
            ("change their address", lambda: stranger.send("PUT", f"/api/users/{target}", {"email": theirs})),
            (
                "change their status",
                lambda: stranger.send("PUT", f"/api/users/{target}/status", {"status": "suspended"}),
            ),
            (
                "give them other roles",
                lambda: stranger.send("PUT", f"/api/users/{target}/roles", {"roles": ["viewer"]}),
            ),
            ("reset their password", lambda: _reset(scene, nobody, theirs)),
            ("log in as them", lambda: nobody.send("POST", "/api/auth/login", {"email": theirs, "password": PASSWORD})),
        ]
        done = []
        for name, step in steps:
            answer = step()
            done.append(f"{name}: {answer.status}")
            if answer.status in (200, 201, 204):
                scene.broken.append(f"take-over of {word}: a stranger could {name} ({answer.status})")
        scene.notes.append(f"against {word}: " + "; ".join(done))


def _logged_in(scene: Scene, nobody: Sender, email: str) -> Sender:
    answer = nobody.send("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
    return scene.sender(answer.json().get("accessToken", ""))


def _reset(scene: Scene, nobody: Sender, email: str) -> Answer:
    """Ask for a link to an address and use it: mails of a development platform stand in the worker's log."""
    log = scene.platform.folder / "logs" / "auth-worker-1.log"
    deadline = time.monotonic() + _SOON_SECONDS
    while time.monotonic() < deadline:
        before = log.stat().st_size
        nobody.send("POST", "/api/auth/forgot-password", {"email": email})
        time.sleep(1.5)
        said = log.read_bytes()[before:].decode(errors="replace")
        found = re.findall(rf"To: {re.escape(email)}.*?reset-password\?token=([0-9a-f]+)", said, re.DOTALL)
        if found:
            return nobody.send("POST", "/api/auth/reset-password", {"token": found[0], "newPassword": PASSWORD})
    return Answer(0)


def _soon(ask: Callable[[], Answer]) -> Any:
    deadline = time.monotonic() + _SOON_SECONDS
    while time.monotonic() < deadline:
        answer = ask()
        if answer.status == 200:
            return answer
        time.sleep(0.5)
    return None
