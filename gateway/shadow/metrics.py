"""The comparison's numbers for Prometheus: of this gateway, since its agent started."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge

from gateway.shadow.exchange import Judgement


@dataclass
class Metrics:
    """A registry of its own, so that several may be in one process."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    exchanges: Counter = field(init=False)
    unjudged: Counter = field(init=False)
    dropped: Counter = field(init=False)
    waiting: Gauge = field(init=False)

    def __post_init__(self) -> None:
        told, where = "leadmesh_shadow_", self.registry
        self.exchanges = Counter(f"{told}exchanges", "Exchanges by verdict", ("group", "verdict"), registry=where)
        self.unjudged = Counter(f"{told}unjudged", "Not judged, by reason", ("group", "reason"), registry=where)
        self.dropped = Counter(f"{told}dropped", "Left out by the budget", ("group", "reason"), registry=where)
        self.waiting = Gauge(f"{told}waiting", "Exchanges that wait for a worker", registry=where)

    def judged(self, group: str, judgement: Judgement) -> None:
        """Count a judgement."""
        self.exchanges.labels(group, judgement.verdict).inc()
        if judgement.reason:
            self.unjudged.labels(group, judgement.reason).inc()
