"""A small constant load through the gateway, by people who do not know which side answers them; and what they were promised."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from ops.seed import people
from tests.legacy.data import AGENTS
from tests.system.platform import lead_body

_PAUSE_SECONDS = 0.1
LEGACY, SERVICE = "legacy", "service"


def side_of(answer: httpx.Response) -> str:
    """Return who gave an answer."""
    return LEGACY if answer.headers.get("x-powered-by") == "Express" else SERVICE


def log_in(url: str, email: str) -> dict[str, Any]:
    """Return the tokens of one of the people at `url`. Raises AssertionError."""
    answer = httpx.post(f"{url}/api/auth/login", json={"email": email, "password": people()["password"]}, timeout=30)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@dataclass
class Load:
    """What was asked and answered. promised: the last notes that each lead's writer was told are stored; failures: every answer
    that a person would call one."""

    url: str
    legacy: str
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    promised: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    issued: dict[str, str] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Send requests until the block ends."""
        agents = [f"agent{number:02}@acme.test" for number in range(AGENTS)]
        # Everybody is logged in from before: with tokens of the old system.
        tokens = [log_in(self.legacy, email)["accessToken"] for email in agents]
        half = AGENTS // 2
        work = [
            lambda client: self._write(client, tokens[:half]),
            lambda client: self._write(client, tokens[half:]),
            lambda client: self._read(client, tokens),
            self._log_in,
        ]
        threads = [threading.Thread(target=self._with_client, args=(one,), daemon=True) for one in work]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self.stopping.set()
            for thread in threads:
                thread.join()

    def share(self, operation: str) -> str:
        """Return in words how many answers each side gave."""
        old, new = self.answers[operation, LEGACY], self.answers[operation, SERVICE]
        return f"{old} by the old system, {new} by the service"

    def _with_client(self, work: Callable[[httpx.Client], None]) -> None:
        with httpx.Client(base_url=self.url, timeout=60) as client:
            work(client)

    def _ask(
        self, client: httpx.Client, operation: str, method: str, path: str, token: str = "", body: Any = None
    ) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            answer = client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            self.failures.append(f"{method} {path}: {error!r}")
            return None
        self.answers[operation, side_of(answer)] += 1
        if answer.status_code >= 400:
            self.failures.append(f"{method} {path}: {answer.status_code} by {side_of(answer)}: {answer.text[:300]}")
            return None
        self.stopping.wait(_PAUSE_SECONDS)
        return answer

    def _turns(self, tokens: list[str]) -> Iterator[str]:
        while True:
            for token in tokens:
                if self.stopping.is_set():
                    return
                yield token

    def _write(self, client: httpx.Client, tokens: list[str]) -> None:
        """Create a lead, change it as the next person, read it back as the one after, and the list."""
        owner = next(person["_id"] for person in people()["people"] if person["roles"] == ["user"])
        mine = ""
        for number, token in enumerate(self._turns(tokens)):
            if not mine:
                created = self._ask(client, "leads.write", "POST", "/api/leads", token, lead_body(owner, notes="new"))
                mine = created.json()["leadId"] if created else ""
                if mine:
                    self.promised[mine] = "new"
                continue
            notes = f"change {number}"
            if self._ask(client, "leads.write", "PUT", f"/api/leads/{mine}", token, {"notes": notes}):
                self.promised[mine] = notes
            read = self._ask(client, "leads.read", "GET", f"/api/leads/{mine}", token)
            if read and read.json().get("notes") != self.promised[mine]:
                self.failures.append(f"{mine} reads {read.json().get('notes')!r}, not {self.promised[mine]!r}")
            if number % 3 == 0:
                mine = ""

    def _read(self, client: httpx.Client, tokens: list[str]) -> None:
        for token in self._turns(tokens):
            self._ask(client, "leads.read", "GET", "/api/leads?limit=5&sortBy=createdAt", token)
            self._ask(client, "buyers.read", "GET", "/api/buyers?page=1&limit=5", token)

    def _log_in(self, client: httpx.Client) -> None:
        """Log in, use what was given on whatever side other groups are, and renew it."""
        emails = [person["email"] for person in people()["people"] if person["tenantId"]]
        for email in self._turns(emails):
            body = {"email": email, "password": people()["password"]}
            given = self._ask(client, "auth.login", "POST", "/api/auth/login", body=body)
            if not given:
                continue
            token = given.json()["accessToken"]
            self.issued[side_of(given)] = token
            self._ask(client, "buyers.read", "GET", "/api/buyers?limit=1", token)
            self._ask(client, "auth.login", "POST", "/api/auth/refresh", token, {})


def lost(promised: dict[str, str], read: Callable[[str], httpx.Response]) -> list[str]:
    """Return what of the promised writes `read`, which fetches a lead by its id, does not show."""
    missing = []
    for lead_id, notes in promised.items():
        answer = read(lead_id)
        if answer.status_code != 200 or answer.json().get("notes") != notes:
            missing.append(f"{lead_id}: {answer.status_code} {answer.text[:200]}, promised {notes!r}")
    return missing
