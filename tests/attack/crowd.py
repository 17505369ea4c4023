"""The innocent: people of two tenants who read, write, log in, import and sign in to the admins at a steady rate, all the while.

They are a process of their own, so that an attack's own work does not slow them. Every request has one right answer; any other
one, a broken connection, and ten seconds of waiting are failures.
"""

import itertools
import multiprocessing
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from queue import Empty
from typing import Any, NamedTuple

import httpx

from platform_services import SERVICES
from tests.attack.people import Cast, Person
from tests.system.platform import lead_body

_PATIENCE_SECONDS, _DRAIN_SECONDS = 10.0, 1.0
_FORK = multiprocessing.get_context("fork")
_IMPORTERS = ("admin", "manager")


class Outcome(NamedTuple):
    """One innocent request: what it was, what came back, whether that was right, and after how long."""

    what: str
    answer: str
    good: bool
    milliseconds: float


class Seen(NamedTuple):
    """Innocent requests of some time. failures: by what came back, how many of what."""

    requests: int
    failed: int
    p50: float
    p95: float
    slowest: float
    failures: dict[str, dict[str, int]]

    @classmethod
    def of(cls, outcomes: list[Outcome]) -> "Seen":
        """Return the figures of `outcomes`."""
        times = sorted(one.milliseconds for one in outcomes) or [0.0]
        failures: dict[str, Counter[str]] = {}
        for one in outcomes:
            if not one.good:
                failures.setdefault(one.answer, Counter())[one.what] += 1
        failed = sum(counts.total() for counts in failures.values())
        p95 = statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        return cls(len(outcomes), failed, statistics.median(times), min(p95, times[-1]), times[-1], failures)


class Crowd:
    """The process; `rate` requests per second by all together."""

    def __init__(self, port: int, cast: Cast, rate: float) -> None:
        self._outcomes: Any = _FORK.Queue()
        self._ended = _FORK.Event()
        self._process = _FORK.Process(target=self._work, args=(port, cast, rate), daemon=True)

    def __enter__(self) -> "Crowd":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._process.join(2)
        self._process.kill()
        self._process.join()

    def drain(self) -> Seen:
        """Return what was answered since the last call."""
        # On a fast machine there is always one more: what comes now belongs to the next attack.
        outcomes, end = [], time.monotonic() + _DRAIN_SECONDS
        while time.monotonic() < end:
            try:
                outcomes.append(self._outcomes.get(timeout=0.2))
            except Empty:
                break
        return Seen.of(outcomes)

    def _work(self, port: int, cast: Cast, rate: float) -> None:
        people = [*cast.workers, *cast.administrators]
        pause = len(people) / rate
        for number, person in enumerate(people):
            walker = _Walker(port, person, cast.password, self._outcomes.put)
            thread = threading.Thread(
                target=self._walk, args=(walker, pause, pause * number / len(people)), daemon=True
            )
            thread.start()
        self._ended.wait()

    def _walk(self, walker: "_Walker", pause: float, due: float) -> None:
        due += time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            walker.step()
            # What was missed while waiting for an answer is not made up for.
            due = max(due + pause, time.monotonic())


class _Walker:
    """One person at work."""

    def __init__(self, port: int, person: Person, password: str, tell: Callable[[Outcome], None]) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.person, self.password, self.tell = person, password, tell
        self.client = self._client()
        self.lead: dict[str, Any] | None = None
        self.turns = itertools.cycle(self._day())

    def step(self) -> None:
        """Do the next thing, and tell how it went."""
        what, right, do = ("log in", 200, self._log_in) if self._is_out else (next(self.turns))
        started = time.perf_counter()
        try:
            status = do()
            answer, good = str(status), status == right
        except httpx.HTTPError as error:
            answer, good = type(error).__name__, False
        self.tell(Outcome(what, answer, good, (time.perf_counter() - started) * 1000))

    @property
    def _is_out(self) -> bool:
        return "Authorization" not in self.client.headers

    def _day(self) -> list[tuple[str, int, Callable[[], int]]]:
        """What somebody does again and again, in an order of their own: (what, right status, how)."""
        if self.person.email.startswith("office"):
            return [
                (f"sign in to the admin of {name}", 302, lambda name=name: self._sign_in(name)) for name in SERVICES
            ]
        reads = [
            "/api/leads?limit=20",
            "/api/users/me",
            "/api/dashboard/realtime",
            "/api/buyers?limit=10",
            "/api/auth/me",
        ]
        day: list[tuple[str, int, Callable[[], int]]] = [
            (f"GET {path}", 200, lambda path=path: self._get(path)) for path in reads
        ]
        day += [("POST /api/leads", 201, self._create)] * 3 + [("PUT /api/leads/{id}", 200, self._change)] * 2
        day += [("GET /api/leads/{id}", 200, self._look)]
        if self.person.role in _IMPORTERS:
            day += [("import of two rows", 201, self._import)]
        random.shuffle(day)
        return [*day, ("log in", 200, self._log_in)]

    def _client(self) -> httpx.Client:
        transport = httpx.HTTPTransport(local_address=self.person.address)
        return httpx.Client(base_url=self.url, transport=transport, timeout=_PATIENCE_SECONDS)

    def _get(self, path: str) -> int:
        return self.client.get(path).status_code

    def _log_in(self) -> int:
        answer = self.client.post("/api/auth/login", json={"email": self.person.email, "password": self.password})
        if answer.status_code == 200:
            self.client.headers["Authorization"] = f"Bearer {answer.json()['accessToken']}"
        return answer.status_code

    def _create(self) -> int:
        answer = self.client.post("/api/leads", json=lead_body(self.person.id))
        if answer.status_code == 201:
            self.lead = answer.json()
        return answer.status_code

    def _change(self) -> int:
        if self.lead is None:
            return 200 if self._create() == 201 else 0
        body = {"notes": f"seen at {time.time():.0f}"}
        return self.client.put(f"/api/leads/{self.lead['leadId']}", json=body).status_code

    def _look(self) -> int:
        return self._get(f"/api/leads/{self.lead['leadId']}" if self.lead else "/api/leads?limit=1")

    def _import(self) -> int:
        rows = ["First Name,Last Name,Email,Phone"]
        for _ in range(2):
            who = lead_body(self.person.id)["contactInfo"]
            rows.append(f"Ina,Nocent,i{who['email']},{who['phone']}")
        files = {"file": ("leads.csv", "\n".join(rows).encode(), "text/csv")}
        return self.client.post("/api/leads/import-export/import", files=files).status_code

    def _sign_in(self, service: str) -> int:
        """Sign in to a service's admin as a browser does, and sign out."""
        path = f"/admin/{service}/"
        with self._client() as browser:
            page = browser.get(f"{path}login/")
            if page.status_code != 200:
                return page.status_code
            form = {"username": self.person.email, "password": self.password, "next": path}
            form["csrfmiddlewaretoken"] = browser.cookies["leadmesh_csrf"]
            return browser.post(f"{path}login/", data=form, headers={"Referer": str(page.url)}).status_code
