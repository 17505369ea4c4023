"""What a service may do worse than the old system before its group goes back, and whether it did."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Literal

from gateway.guard.figures import Figures, Tally
from gateway.states import Refused

Kind = Literal["errors", "time", "differences"]
# So many answers must be bad, whatever share of the whole they are: one slow request is nobody's fault.
_FEWEST = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one group. error_rate: share of 5xx above the old side's; p95: times the old side's; fast: seconds up to which a p95 of
    the old side counts as this one; difference_rate: share of the compared answers that differ without explanation; minimum: of
    answers before anything is judged; seconds: the measuring interval, longer where fewer answers come."""

    error_rate: float = 0.02
    p95: float = 2.0
    fast: float = 0.25
    difference_rate: float = 0.01
    minimum: int = 50
    seconds: float = 10.0

    def most_seconds(self, old: Figures) -> float:
        """Return the p95 that a service may have beside an old side with these figures."""
        return self.p95 * max(old.p95, self.fast)


# The least and the most that each may be.
_BOUNDS = {
    "error_rate": (0, 1),
    "p95": (1, 1000),
    "fast": (0, 60),
    "difference_rate": (0, 1),
    "minimum": (1, 1_000_000),
    "seconds": (1, 300),
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A limit that does not hold. why: a sentence with the figures; affected: how many answers of the interval were bad."""

    kind: Kind
    why: str
    affected: int


def changed(limits: Limits, words: Iterable[str]) -> Limits:
    """Return `limits` with what `error_rate=0.05` and its like say. Raises Refused."""
    types = {one.name: int if one.name == "minimum" else float for one in fields(Limits)}
    for word in words:
        name, _, text = word.partition("=")
        if name not in types:
            raise Refused(f"There is no limit {name!r}: choose among {', '.join(types)}.")
        least, most = _BOUNDS[name]
        try:
            value = types[name](text)
        except ValueError:
            raise Refused(f"{text!r} is no number for {name}.") from None
        # Not the other way round: nothing compares with nan.
        if not least <= value <= most:
            raise Refused(f"{name} is between {least} and {most}, not {text}.")
        limits = replace(limits, **{name: value})  # type: ignore[arg-type]
    return limits


def breach(service: Tally, compared: Tally, old: Figures, limits: Limits) -> Breach | None:
    """Return the limit that the service's answers break beside the old side's, or those that were `compared`; None when they are
    good enough or too few."""
    found = _errors(service, old, limits) or _time(service, old, limits) if service.count >= limits.minimum else None
    return found or (_differences(compared, limits) if compared.count >= limits.minimum else None)


def _differences(compared: Tally, limits: Limits) -> Breach | None:
    rate = compared.bad / compared.count
    if compared.bad < _FEWEST or rate <= limits.difference_rate:
        return None
    why = f"{rate:.1%} of {compared.count} compared answers differ; the limit is {limits.difference_rate:.1%}"
    return Breach("differences", why, compared.bad)


def _errors(service: Tally, old: Figures, limits: Limits) -> Breach | None:
    rate, most = service.bad / service.count, limits.error_rate + old.errors
    if service.bad < _FEWEST or rate <= most:
        return None
    why = (
        f"{rate:.1%} of {service.count} answers are 5xx, {old.errors:.1%} of the old system's; the limit is {most:.1%}"
    )
    return Breach("errors", why, service.bad)


def _time(service: Tally, old: Figures, limits: Limits) -> Breach | None:
    most = limits.most_seconds(old)
    slow = service.slower_than(most)
    if slow < _FEWEST or slow <= service.count * 0.05:
        return None
    figures = service.figures()
    why = f"p95 of {service.count} answers is {figures.p95:.2f} s, the old system's {old.p95:.2f} s; the limit is {most:.2f} s"
    return Breach("time", why, slow)
