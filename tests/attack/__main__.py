"""`make attack`: start a platform, let innocent people work on it, run one attack after another, and print who noticed.

A request of the innocent fails when its answer is not the right one, when its connection breaks, or when it waits ten seconds.
Times are printed and never judged: the machine may be busy. The exit code is 1 when an innocent request failed, a process
passed the memory limit of its container (docker/, helm/) or ended, or an attack got what it must not get; else 0.
"""

import argparse
import contextlib
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from platform_services import SERVICES
from tests.attack.attacks import ATTACKS
from tests.attack.attacks.floods import LIMIT
from tests.attack.crowd import Crowd, Seen
from tests.attack.hostile import Scene
from tests.attack.memory import Memory, limits
from tests.attack.people import INNOCENT, Cast
from tests.system.platform import Platform, running_platform, until

_PAUSE_SECONDS, _RECOVERY_SECONDS = 0.5, 30.0
# Whatever hangs: nothing here goes on for longer.
_LONGEST_SECONDS = 900
_HEAD = (
    f"{'attack':<15}  hostile  innocent  failed    p50    p95     max   gateway"
    f"{''.join(f'{name:>10}' for name in SERVICES)}   workers"
)


class Row(NamedTuple):
    """What is known of one attack. statuses: of the hostile answers; peaks: megabytes by process; broken: a sentence a rule."""

    name: str
    statuses: dict[str, int]
    innocent: Seen
    peaks: dict[str, int]
    broken: list[str]
    notes: list[str]

    @property
    def is_good(self) -> bool:
        """Whether nobody noticed and no rule was broken."""
        return not (self.innocent.failed or self.broken)

    def told(self) -> str:
        """Return the line of the table, and below it what came back, what is worth knowing and what went wrong."""
        seen, peaks = self.innocent, self.peaks
        webs = "".join(f"{peaks.get(name, 0):>10}" for name in SERVICES)
        workers = max([peak for name, peak in peaks.items() if name.endswith("-worker")], default=0)
        times = f"{seen.p50:>7.0f}{seen.p95:>7.0f}{seen.slowest:>8.0f}"
        counts = f"{self.name:<15}{sum(self.statuses.values()):>9}{seen.requests:>10}{seen.failed:>8}"
        lines = [f"{counts}{times}{peaks.get('gateway', 0):>10}{webs}{workers:>10}"]
        lines += (
            ["    " + "  ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))]
            if self.statuses
            else []
        )
        lines += [f"    {note}" for note in self.notes]
        for answer, counts in sorted(seen.failures.items()):
            whats = ", ".join(f"{count} x {what}" for what, count in sorted(counts.items()))
            lines.append(f"    FAILED  {answer}: {whats}")
        return "\n".join(lines + [f"    BROKEN  {sentence}" for sentence in self.broken])


def main() -> int:
    """Read the command line, attack, print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each attack (6)")
    parser.add_argument("--rate", type=float, default=30.0, help="innocent requests per second (30)")
    parser.add_argument("--only", metavar="NAME", action="append", choices=ATTACKS, help="one attack; may be repeated")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{name:<16}{attack.__doc__}" for name, attack in ATTACKS.items()))
        return 0
    _end_in_time()
    with contextlib.redirect_stdout(sys.stderr if options.json else sys.stdout):
        rows = list(_attack(options))
    return _conclude(rows, as_json=options.json)


def _end_in_time() -> None:
    """Leave by way of every `finally`, also when told to go or when something hangs."""

    def leave(number: int, _: Any) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGALRM, leave)
    signal.alarm(_LONGEST_SECONDS)


def _attack(options: argparse.Namespace) -> Iterator[Row]:
    """Run the attacks in turn; on a new platform after one that spoiled the last."""
    cast, left = Cast(), list(enumerate(options.only or ATTACKS))
    print(f"{options.rate:.0f} innocent requests/s; ms; MB at most (limits: {_limits()})\n{_HEAD}", flush=True)
    while left:
        with running_platform(LEADMESH_RATE_LIMIT=str(LIMIT), PYTHONWARNINGS="ignore") as platform:
            _seed(platform, cast)
            # The crowd first: a process must not be forked beside threads.
            with Crowd(platform.port, cast, options.rate) as crowd, Memory(platform) as memory:
                tokens: dict[str, str] = {}
                spoiled = False
                while left and not spoiled:
                    number, name = left.pop(0)
                    scene = Scene(platform, cast, options.seconds, number, tokens)
                    row = _run(name, scene, crowd, memory)
                    print(row.told(), flush=True)
                    yield row
                    spoiled = scene.spoiled


def _run(name: str, scene: Scene, crowd: Crowd, memory: Memory) -> Row:
    """Run one attack, and wait until the platform is itself again: what fails meanwhile counts as well."""
    scene.reset_counters()
    said = scene.platform.folder / "logs" / "gateway.log"
    before = said.stat().st_size
    ATTACKS[name](scene)
    time.sleep(_PAUSE_SECONDS)
    try:
        until(lambda: _is_well(scene.platform), _RECOVERY_SECONDS)
    except AssertionError:
        scene.spoil(f"the platform is not well {_RECOVERY_SECONDS:.0f} s later")
    peaks, broken = memory.drain()
    innocent = crowd.drain()
    scene.notes += _reasons(said.read_bytes()[before:]) if innocent.failed else []
    # What was taken is not always given back.
    scene.spoiled = scene.spoiled or bool(broken)
    return Row(name, dict(scene.statuses), innocent, peaks, sorted({*scene.broken, *broken}), scene.notes)


def _reasons(log: bytes) -> list[str]:
    """Return why the gateway answered innocent people 5xx: Envoy's flags (UH: no healthy instance; UO: too many at once)."""
    found: Counter[str] = Counter()
    for line in log.splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if str(entry["from"]).startswith(INNOCENT) and entry["status"] >= 500:
                found[f"{entry['status']} {entry['service']} {entry['flags']}"] += 1
    return (
        [f"the gateway's reasons: {', '.join(f'{count} x {what}' for what, count in found.items())}"] if found else []
    )


def _is_well(platform: Platform) -> bool:
    with contextlib.suppress(Exception), platform.client() as client:
        return client.get("/health").status_code == 200
    return False


def _seed(platform: Platform, cast: Cast) -> None:
    """Load everybody, and wait until all services know them."""
    file = platform.folder / "people.json"
    cast.write(file)
    platform.manage("load_users", str(file))
    platform.manage("load_credentials", str(file))
    wanted = {"_id": {"$in": [person.id for person in cast.everybody]}}
    directory = platform.database("leads")["leadsdirectory"]
    until(lambda: directory.count_documents(wanted) == len(wanted["_id"]["$in"]), 30)


def _limits() -> str:
    known = limits()
    webs = {limit for name, limit in known.items() if name != "gateway"}
    return f"gateway {known['gateway']}, others {' or '.join(map(str, sorted(webs)))}"


def _conclude(rows: list[Row], *, as_json: bool) -> int:
    innocent, failed = (sum(row.innocent[place] for row in rows) for place in (0, 1))
    hostile, broken = (sum(sum(row.statuses.values()) for row in rows), sum(len(row.broken) for row in rows))
    if as_json:
        print(json.dumps([{**row._asdict(), "innocent": row.innocent._asdict()} for row in rows], indent=1))
    else:
        print(f"\n{hostile} hostile requests; of {innocent} innocent ones {failed} failed; {broken} rules broken")
    return 0 if all(row.is_good for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
