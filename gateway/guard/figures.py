"""What the sides of a group answered of late: counts, errors and times, in a window that slides."""

import math
from collections import Counter, deque
from dataclasses import dataclass, field

# Times are kept in steps of 5 %: a few dozen numbers for any load.
_STEP, _SHORTEST = math.log(1.05), 0.001
# How far a window reaches back where few requests come.
LONGEST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a side answered. errors: share of the answers with 5xx; p95: seconds that 95 of 100 answers did not exceed."""

    count: int = 0
    errors: float = 0.0
    p95: float = 0.0


@dataclass(slots=True)
class Tally:
    """Answers, as they are counted. bad: with 5xx; or unlike the other side's, among compared ones."""

    count: int = 0
    bad: int = 0
    times: Counter[int] = field(default_factory=Counter)

    def answer(self, seconds: float = 0.0, *, bad: bool) -> None:
        """Count an answer."""
        self.count += 1
        self.bad += bad
        self.times[_bin(seconds)] += 1

    def add(self, other: "Tally") -> None:
        """Count what `other` counted."""
        self.count += other.count
        self.bad += other.bad
        self.times.update(other.times)

    def slower_than(self, seconds: float) -> int:
        """Return how many answers took longer."""
        return sum(count for step, count in self.times.items() if step > _bin(seconds))

    def figures(self) -> Figures:
        """Return what that was altogether."""
        if not self.count:
            return Figures()
        left = self.count * 0.05
        for step in sorted(self.times, reverse=True):
            left -= self.times[step]
            if left < 0:
                break
        return Figures(self.count, round(self.bad / self.count, 4), round(math.exp(step * _STEP), 3))


@dataclass(slots=True)
class Window:
    """The tallies of the latest seconds of one side of one group. Times are in seconds of any clock that does not jump."""

    _tallies: deque[tuple[float, Tally]] = field(default_factory=deque)

    def now(self, moment: float) -> Tally:
        """Return the tally that counts at `moment`."""
        while self._tallies and self._tallies[0][0] < moment - LONGEST_SECONDS:
            self._tallies.popleft()
        if not self._tallies or moment - self._tallies[-1][0] >= 1:
            self._tallies.append((moment, Tally()))
        return self._tallies[-1][1]

    def latest(self, moment: float, seconds: float, minimum: int) -> Tally:
        """Return what was counted in the `seconds` before `moment`; where that is less than `minimum` answers, as far back as it
        takes, five minutes at most."""
        total = Tally()
        for begun, tally in reversed(self._tallies):
            age = moment - begun
            if age > LONGEST_SECONDS or (age > seconds and total.count >= minimum):
                break
            total.add(tally)
        return total


def _bin(seconds: float) -> int:
    return round(math.log(max(seconds, _SHORTEST)) / _STEP)
