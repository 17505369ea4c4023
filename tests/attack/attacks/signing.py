"""Logins, registrations, forgotten passwords."""

import itertools
import statistics
import time
import uuid
from contextlib import closing
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from tests.attack.hostile import Scene, Sender, in_threads
from tests.system.platform import PASSWORD

_WRONG = "Wr0ng!password-of-somebody"
# More than any rule allows one address in an hour.
_MANY = 120


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
            while not scene.is_over:
                _try(sender, next(others))
                time.sleep(0.05)

    in_threads([many_addresses, many_addresses, many_accounts])
    with closing(scene.sender(address=one)) as sender:
        if _try(sender, next(others)).status != 429:
            scene.broken.append("an address may go on after any number of wrong passwords")


def admin_passwords(scene: Scene) -> None:
    """Wrong passwords at the admins' sign-in from one address: it is locked out, and everybody else signs in."""
    address, services = scene.address(), itertools.cycle(["leads", "users", "auth", "buyers", "analytics"])
    while not scene.is_over:
        _try_admin(scene, address, next(services))
        time.sleep(0.1)


def registrations(scene: Scene) -> None:
    """Registrations without end: an address may open a few accounts."""
    with closing(scene.sender()) as sender:
        statuses = [_register(sender).status for _ in range(_MANY) if not scene.is_over]
    if 429 not in statuses:
        scene.broken.append(f"one address opened {statuses.count(201)} accounts and was not limited")
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
        statuses = [_forget(sender, f"flood{number}@innocent.test").status for number in range(_MANY)]
    if 429 not in statuses:
        scene.broken.append(f"one address asked for {len(statuses)} links and was not limited")


def _try(sender: Sender, email: str) -> Any:
    return sender.send("POST", "/api/auth/login", {"email": email, "password": _WRONG})


def _forget(sender: Sender, email: str) -> Any:
    return sender.send("POST", "/api/auth/forgot-password", {"email": email})


def _register(sender: Sender) -> Any:
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
