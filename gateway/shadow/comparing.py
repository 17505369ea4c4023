"""The comparison as one part of the gateway's agent: copies come in, a budget lets some of them through, workers judge them,
counters are stored every second. Nothing here is on a client's way; when it is slow or ends, fewer exchanges are compared."""

import asyncio
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from pymongo.errors import PyMongoError

from gateway.envoy import Settings
from gateway.shadow import rendering
from gateway.shadow.asking import Asker
from gateway.shadow.collecting import Collector, NotCompared
from gateway.shadow.contract import operations
from gateway.shadow.exchange import Exchange, Judgement
from gateway.shadow.explanations import explanations
from gateway.shadow.metrics import Metrics
from gateway.shadow.reads import PAUSES, Reads
from gateway.shadow.results import Results
from gateway.shadow.tally import Run, Tally
from gateway.states import LEGACY, States
from gateway.store import Store
from gateway.table import groups

log = logging.getLogger("gateway.shadow")

READS = ("GET", "HEAD")
_UNKNOWN = "unknown"
_NICENESS = 5
_BEAT_SECONDS, _VERSION_SECONDS = 1.0, 10.0
# Long enough for the answers of the health routes after a start.
_RETRY_SECONDS = 0.5

JudgeWrite = Callable[[Exchange], Judgement]


@dataclass(frozen=True)
class Budget:
    """What comparing may cost. rate: exchanges per second of all groups of this gateway; waiting: exchanges that wait for a
    worker; workers: exchanges that are judged at the same time; pauses: seconds before each further look where answers differ."""

    rate: float = 20.0
    waiting: int = 200
    workers: int = 64
    pauses: tuple[float, ...] = PAUSES

    @classmethod
    def from_environment(cls, given: Mapping[str, str]) -> "Budget":
        """Return the budget that LEADMESH_SHADOW_RATE and LEADMESH_SHADOW_PAUSES (`0.2,1,4`) set. Raises ValueError."""
        pauses = tuple(float(one) for one in given.get("LEADMESH_SHADOW_PAUSES", "").split(",") if one.strip())
        return cls(rate=float(given.get("LEADMESH_SHADOW_RATE") or cls.rate), pauses=pauses or PAUSES)


@dataclass
class Comparing:
    """The comparison of one gateway. judge_write: the judge of writes, called in a thread; tell: called with each
    judgement and its group."""

    name: str
    settings: Settings
    store: Store
    judge_write: JudgeWrite
    budget: Budget = field(default_factory=Budget)
    tell: Callable[[str, Judgement], None] = lambda _group, _judgement: None
    tally: Tally = field(default_factory=Tally)
    metrics: Metrics = field(default_factory=Metrics)
    versions: dict[str, str] = field(default_factory=dict)
    # Set when the last counters are stored.
    ended: threading.Event = field(default_factory=threading.Event)
    _states: States = field(default_factory=dict)
    _services: dict[str, str] = field(default_factory=dict)
    _tokens: float = 0.0
    _filled: float = field(default_factory=time.monotonic)

    def follow(self, states: States) -> None:
        """Compare the groups that `states` wants compared."""
        self._states = states

    def run(self, stopping: threading.Event) -> None:
        """Compare until `stopping` is set; begin again after a fault. Where processor time is short, clients come first."""
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while not stopping.is_set():
            try:
                asyncio.run(self._serve(stopping))
            except Exception:  # nothing of it may end the agent, which also follows the states
                log.exception("the comparison begins again")
                stopping.wait(_BEAT_SECONDS)
        self.ended.set()

    async def _serve(self, stopping: threading.Event) -> None:
        asker = Asker(rendering.ask_socket(self.settings.comparer))
        reads = Reads(asker, explanations(), self.budget.pauses)
        self._services = {one.group: one.service for one in operations()} | groups(self.settings.routes)
        self._queue: asyncio.Queue[Exchange] = asyncio.Queue(self.budget.waiting)
        collector = Collector(self.settings.routes, self._wanted, self._take, self._lost)
        server = await collector.serve(rendering.compare_socket(self.settings.comparer))
        tasks = [asyncio.create_task(self._work(reads)) for _ in range(self.budget.workers)]
        tasks += [asyncio.create_task(self._learn(asker, reads)), asyncio.create_task(self._keep())]
        try:
            while not stopping.is_set():
                await asyncio.sleep(0.1)
                for task in tasks:
                    if task.done():
                        task.result()
        finally:
            await server.stop(0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self._store)
            await asker.close()

    # -- what comes in -------------------------------------------------------------------------------------------------
    def _wanted(self, group: str) -> bool:
        state = self._states.get(group)
        if state is None or not state.compared:
            return False
        moment = time.monotonic()
        self._tokens = min(self.budget.rate, self._tokens + (moment - self._filled) * self.budget.rate)
        self._filled = moment
        if self._tokens < 1:
            self._dropped(group, "rate")
            return False
        self._tokens -= 1
        return True

    def _take(self, exchange: Exchange) -> None:
        try:
            self._queue.put_nowait(exchange)
        except asyncio.QueueFull:
            self._dropped(exchange.group, "queue")
        self.metrics.waiting.set(self._queue.qsize())

    def _dropped(self, group: str, reason: str) -> None:
        self.tally.dropped(self._run(group), reason)
        self.metrics.dropped.labels(group, reason).inc()

    def _lost(self, group: str, reason: str) -> None:
        self.tally.lost(self._run(group), reason)
        self.metrics.judged(group, Judgement("unjudged", reason=reason))

    def _run(self, group: str) -> Run:
        service = self._services[group]
        return Run(group, self.versions.get(LEGACY, _UNKNOWN), self.versions.get(service, _UNKNOWN))

    # -- what is done with it ------------------------------------------------------------------------------------------
    async def _work(self, reads: Reads) -> None:
        while True:
            exchange = await self._queue.get()
            while LEGACY not in self.versions:
                await asyncio.sleep(_RETRY_SECONDS)
            run = self._run(exchange.group)
            try:
                judgement = await self._judge(reads, exchange)
            except Exception:  # a judge's fault is not the exchange's
                log.exception("an exchange of %s could not be judged", exchange.operation)
                judgement = Judgement("unjudged", reason="the judge failed")
            self.tally.judged(run, exchange, judgement)
            self.metrics.judged(exchange.group, judgement)
            self.tell(exchange.group, judgement)

    async def _judge(self, reads: Reads, exchange: Exchange) -> Judgement:
        if exchange.method in READS:
            return await reads.judge(exchange, self._services[exchange.group])
        return await asyncio.to_thread(self.judge_write, exchange)

    async def _keep(self) -> None:
        with suppress(PyMongoError):
            await asyncio.to_thread(Results(self.store.database).prepare)
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            await asyncio.to_thread(self._store)

    def _store(self) -> None:
        results = Results(self.store.database)
        for run, batch in self.tally.drain().items():
            try:
                results.add(run, batch)
            except PyMongoError as error:
                log.warning("counters of %s wait: %s", run.group, type(error).__name__)
                self.tally.restore(run, batch)

    async def _learn(self, asker: Asker, reads: Reads) -> None:
        """Follow the versions on both sides. A side that is away keeps the last one that was seen."""
        while True:
            before = dict(self.versions)
            for cluster in {LEGACY, *self._services.values()}:
                with suppress(NotCompared):
                    self.versions[cluster] = await _version(asker, cluster)
            if before != self.versions:
                reads.forget()
                with suppress(PyMongoError):
                    await asyncio.to_thread(self.store.note_versions, self.name, dict(self.versions))
            await asyncio.sleep(_VERSION_SECONDS if LEGACY in self.versions else _RETRY_SECONDS)


async def _version(asker: Asker, cluster: str) -> str:
    answer = await asker.get(cluster, "/api/health")
    try:
        told = json.loads(answer.body)
    except ValueError:
        return _UNKNOWN
    version = told.get("version") if isinstance(told, dict) else None
    # It becomes part of a key and of a page.
    return str(version)[:40].replace("|", " ") if version else _UNKNOWN
