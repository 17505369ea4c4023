"""Judges a read: the same question to the other side, and to both again where the answers differ.

What differs once may be noise: somebody wrote between, a clock went on, a copy has not heard yet. So nothing counts that the old
system's own two answers, before and after the service's, do not agree on; nor what is gone a moment later.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from gateway.shadow.asking import CONDITIONS, Asker
from gateway.shadow.callers import names_of
from gateway.shadow.collecting import NotCompared
from gateway.shadow.compare import deviations, shown, touches, unexplained
from gateway.shadow.exchange import Answer, Difference, Exchange, Judgement
from gateway.shadow.explanations import Asked, Deviation, Explanation
from gateway.states import LEGACY

# Asked once more does something, or answers something else by intention.
NEVER = {
    "GET /api/auth/google": "starts a login",
    "GET /api/auth/google/callback": "ends a login",
}
# How long to wait before each look; the last one is later than services promise to know of each other's changes.
PAUSES = (0.2, 1.0, 4.0)
# Differences that were confirmed so often are believed at the first look.
_KNOWN = 3

Signature = tuple[str, str, str]


@dataclass
class Reads:
    """The judge of reads. service: the cluster that answers an exchange's path beside the old system."""

    asker: Asker
    rules: list[Explanation]
    pauses: tuple[float, ...] = PAUSES
    _confirmed: Counter[Signature] = field(default_factory=Counter)

    def forget(self) -> None:
        """Believe no difference at first sight: a side has changed."""
        self._confirmed.clear()

    async def judge(self, exchange: Exchange, service: str) -> Judgement:
        """Return what comparing an exchange found; one more question, when nothing differs."""
        if exchange.operation in NEVER:
            return Judgement("unjudged", reason=NEVER[exchange.operation])
        if exchange.answer.headers.get("content-type", "").startswith("text/event-stream"):
            return Judgement("unjudged", reason="a stream")
        try:
            return await self._judged(exchange, service)
        except NotCompared as reason:
            return Judgement("unjudged", reason=str(reason))

    async def _judged(self, exchange: Exchange, service: str) -> Judgement:
        old = await self._first(exchange, LEGACY)
        new = await self._first(exchange, service)
        first = self._between(exchange, old, new)
        if not first:
            return Judgement("same")
        return await self._again(exchange, service, old, first)

    async def _first(self, exchange: Exchange, cluster: str) -> Answer:
        """Return what the client got, or what the other side answers. An answer by condition says nothing."""
        own = (cluster == LEGACY) == (exchange.side == LEGACY)
        conditional = any(name in exchange.headers for name in CONDITIONS)
        return exchange.answer if own and not conditional else await self.asker.ask(cluster, exchange)

    async def _again(self, exchange: Exchange, service: str, old: Answer, first: list[Deviation]) -> Judgement:
        persistent: dict[Signature, Difference] = {}
        shaken = looked = False
        for pause in self.pauses:
            await asyncio.sleep(pause)
            before = await self.asker.ask(LEGACY, exchange)
            new = await self.asker.ask(service, exchange)
            found = self._between(exchange, before, new)
            if not found:
                moved = _paths(_all(exchange, old, before))
                same = shaken or all(touches(one.path, moved) for one in first)
                return Judgement("same") if same else Judgement("unjudged", reason="agreed only when asked again")
            noise = _all(exchange, before, await self.asker.ask(LEGACY, exchange))
            shaken = shaken or bool(noise)
            real = self._signed(exchange, [one for one in found if not touches(one.path, _paths(noise))])
            if not real and not _moved_as_a_whole(noise):
                return Judgement("same")
            if real:
                persistent = {key: one for key, one in real.items() if not looked or key in persistent}
                looked = True
                if all(self._confirmed[key] >= _KNOWN for key in persistent):
                    break
        self._confirmed.update(persistent.keys())
        if persistent:
            return Judgement("different", tuple(persistent.values()))
        return Judgement("unjudged", reason="the old system changed meanwhile")

    def _between(self, exchange: Exchange, old: Answer, new: Answer) -> list[Deviation]:
        return unexplained(asked_of(exchange), _all(exchange, old, new), self.rules)

    def _signed(self, exchange: Exchange, found: list[Deviation]) -> dict[Signature, Difference]:
        differences = (shown(one) for one in found)
        return {(exchange.operation, one.where, one.kind): one for one in differences}


def asked_of(exchange: Exchange) -> Asked:
    """Return a request as the rules see it."""
    sent = f"{exchange.path.partition('?')[2]} {exchange.body.decode('utf-8', 'replace')}"
    headers = {name: value for name, value in exchange.headers.items() if not name.startswith(":")}
    return Asked(exchange.method.replace("HEAD", "GET"), exchange.path, headers, sent, names_of(headers))


def _all(exchange: Exchange, one: Answer, other: Answer) -> list[Deviation]:
    return deviations(one, other, head=exchange.method == "HEAD")


def _moved_as_a_whole(noise: list[Deviation]) -> bool:
    """Whether the old system's two answers have so little in common that nothing was compared."""
    return any(one.path == "status" or isinstance(one.expected, list | dict) for one in noise)


def _paths(found: list[Deviation]) -> set[str]:
    return {one.path for one in found}
