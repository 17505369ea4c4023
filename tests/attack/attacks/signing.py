"""Logins, registrations, forgotten passwords."""

import itertools
import statistics
import time
import uuid
from collections.abc import Callable
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.attack.hostile import Answer, Scene, Sender, in_threads
from tests.system.platform import PASSWORD

_WRONG = "Wr0ng!password-of-somebody"
# More than any rule allows one address.
_MANY = 60
# More wrong passwords than lock an address out.
_FEW = 15


def passwords(scene: Scene) -> None:
    """Wrong passwords: for one account from many addresses, and for many accounts from one; others log in all the while."""
    victim, others = scene.cast.known[0].email, itertools.cycle(person.email for person in scene.cast.known[1:])
    one = scene.address()

    def many_addresses() -> None:
        while not scene.is_over:
            with closing(scene.sender()) as sender:
                _try(sender, victim)
            time.sleep(0.05)

    def many_accounts() -> None:
        with closing(scene.sender(address=one)) as sender:
            statuses = _until_limited(lambda: _try(sender, next(others)))
        if 429 not in statuses:
            scene.broken.append(f"an address may go on after {len(statuses)} wrong passwords")

    in_threads([many_addresses, many_addresses, many_accounts])


def admin_passwords(scene: Scene) -> None:
    """Wrong passwords at the admins' sign-in from one address: it is locked out, and everybody else signs in."""
    address, services = scene.address(), itertools.cycle(["leads", "users", "auth", "buyers", "analytics"])
    for _ in range(_FEW):
        _try_admin(scene, address, next(services))
    while not scene.is_over:
        time.sleep(0.1)


def registrations(scene: Scene) -> None:
    """Registrations without end: an address may open a few accounts."""
    with closing(scene.sender()) as sender:
        statuses = _until_limited(lambda: _register(sender))
    if 429 not in statuses:
        scene.broken.append(f"an address may open {statuses.count(201)} accounts and go on")
    scene.send_all(4, _register)


def forgotten(scene: Scene) -> None:
    """Requests for reset links: limited for an address, and no slower for an account that is there (printed, not judged)."""
    known = [person.email for person in scene.cast.known]
    unknown = [f"nobody{uuid.uuid4().hex[:8]}@innocent.test" for _ in known]
    times: dict[bool, list[float]] = {True: [], False: []}
    for pair in zip(known, unknown, strict=True):
        for email in pair:
            with closing(scene.sender()) as sender:
                # The first request opens the connection.
                sender.send("GET", "/api/auth/test-mode/status")
                begun = time.perf_counter()
                _forget(sender, email)
                times[email in known].append((time.perf_counter() - begun) * 1000)
    medians = {is_known: statistics.median(taken) for is_known, taken in times.items()}
    scene.notes.append(
        f"a reset link took {medians[True]:.1f} ms for known addresses, {medians[False]:.1f} ms for unknown ones (p50)"
    )
    with closing(scene.sender()) as sender:
        statuses = _until_limited(lambda: _forget(sender, f"{uuid.uuid4().hex}@innocent.test"))
    if 429 not in statuses:
        scene.broken.append(f"an address may ask for {len(statuses)} links and go on")


def _until_limited(step: Callable[[], Answer]) -> list[int]:
    """Do `step` until it is answered 429, or more often than any rule allows one address in an hour."""
    statuses: list[int] = []
    while 429 not in statuses and len(statuses) < _MANY:
        statuses.append(step().status)
    return statuses


def _try(sender: Sender, email: str) -> Answer:
    return sender.send("POST", "/api/auth/login", {"email": email, "password": _WRONG})


def _forget(sender: Sender, email: str) -> Answer:
    return sender.send("POST", "/api/auth/forgot-password", {"email": email})


def _register(sender: Sender) -> Answer:
    body = {"email": f"r{uuid.uuid4().hex}@hostile.test", "password": PASSWORD, "firstName": "R", "lastName": "R"}
    return sender.send("POST", "/api/auth/register", body)


def _try_admin(scene: Scene, address: str, service: str) -> None:
    """Sign in as a browser does, with a wrong password for a random account."""
    path = f"/admin/{service}/login/"
    with closing(scene.sender(address=address)) as sender:
        page = sender.send("GET", path)
        cookie = SimpleCookie(page.headers["Set-Cookie"] if page.headers else "").get("leadmesh_csrf")
        if cookie is None:
            return
        form = {
            "username": f"a{uuid.uuid4().hex[:8]}@hostile.test",
            "password": _WRONG,
            "csrfmiddlewaretoken": cookie.value,
        }
        sender.send(
            "POST",
            path,
            urlencode(form).encode(),
            Content_Type="application/x-www-form-urlencoded",
            Cookie=f"leadmesh_csrf={cookie.value}",
        )
