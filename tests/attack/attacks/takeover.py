"""Whoever registers tries to become operator, step by step."""

import re
import time
import uuid
from collections.abc import Callable
from contextlib import closing

from tests.attack.hostile import Answer, Scene, Sender
from tests.system.platform import PASSWORD

_SOON_SECONDS, _LINKS_AN_HOUR = 8.0, 3
_DONE = (200, 201, 204)


def take_over(scene: Scene) -> None:
    """A stranger founds a tenant, moves an operator or somebody's admin into it, gives them another address, logs in as them."""
    for target in (scene.cast.operator, scene.cast.administrators[0]):
        _climb(scene, target.id, target.role)


def _climb(scene: Scene, target: str, word: str) -> None:
    mark = uuid.uuid4().hex[:8]
    with closing(scene.sender()) as nobody:
        stranger = _stranger(scene, nobody, f"stranger{mark}@hostile.test")
        founded = stranger.send("POST", "/api/tenants", {"name": f"Own {mark}", "subdomain": f"own{mark}"}).json()
        # Their token works in the new tenant within seconds.
        _soon(lambda: stranger.send("GET", "/api/tenants"))
        told = []
        for step, do in _steps(
            scene, nobody, stranger, str(founded.get("tenantId")), target, f"stolen{mark}@hostile.test"
        ):
            status = do().status
            told.append(f"{step}: {status or 'no mail came'}")
            if status in _DONE:
                scene.broken.append(f"a stranger could {step} ({word})")
        scene.notes.append(f"{word}: {'; '.join(told)}")


def _steps(
    scene: Scene, nobody: Sender, stranger: Sender, tenant: str, target: str, email: str
) -> list[tuple[str, Callable[[], Answer]]]:
    person, move = f"/api/users/{target}", f"/api/tenants/{tenant}/users/{target}"
    return [
        ("move them into the own tenant", lambda: stranger.send("POST", move)),
        ("make them an admin there", lambda: stranger.send("POST", f"{move}?role=admin")),
        ("change their address", lambda: stranger.send("PUT", person, {"email": email})),
        ("reset their password", lambda: _reset(scene, nobody, email)),
        ("log in as them", lambda: nobody.send("POST", "/api/auth/login", {"email": email, "password": PASSWORD})),
        ("change their roles", lambda: stranger.send("PUT", f"{person}/roles", {"roles": ["viewer"]})),
        ("suspend them", lambda: stranger.send("PUT", f"{person}/status", {"status": "suspended"})),
        ("delete them", lambda: stranger.send("DELETE", person)),
    ]


def _stranger(scene: Scene, nobody: Sender, email: str) -> Sender:
    account = {"email": email, "password": PASSWORD, "firstName": "S", "lastName": "T", "companyName": "C"}
    nobody.send("POST", "/api/auth/register", account)
    answer = nobody.send("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
    return scene.sender(answer.json().get("accessToken", ""))


def _reset(scene: Scene, nobody: Sender, email: str) -> Answer:
    """Ask for a link to an address and use it: mails of a development platform stand in the worker's log."""
    log = scene.platform.folder / "logs" / "auth-worker-1.log"
    before = log.stat().st_size
    for _ in range(_LINKS_AN_HOUR):
        nobody.send("POST", "/api/auth/forgot-password", {"email": email})
        deadline = time.monotonic() + _SOON_SECONDS
        while time.monotonic() < deadline:
            said = log.read_bytes()[before:].decode(errors="replace")
            found = re.findall(rf"To: {re.escape(email)}.*?reset-password\?token=([0-9a-f]+)", said, re.DOTALL)
            if found:
                return nobody.send("POST", "/api/auth/reset-password", {"token": found[-1], "newPassword": PASSWORD})
            time.sleep(0.3)
    return Answer(0)


def _soon(ask: Callable[[], Answer]) -> None:
    """Ask again and again until the answer is good, for some seconds."""
    deadline = time.monotonic() + _SOON_SECONDS
    while time.monotonic() < deadline and ask().status not in _DONE:
        time.sleep(0.5)
