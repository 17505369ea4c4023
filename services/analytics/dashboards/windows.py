"""Time ranges: windows of days, the window before, calendar months; all UTC (contract/analytics-rules.md §2)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

RANGES = {"7d": 7, "30d": 30, "90d": 90, "1y": 365}
DOCUMENTED = {"last_7_days": "7d", "last_30_days": "30d", "last_90_days": "90d"}
_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Month = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """The time asked about, `start` exclusive and `end` inclusive, and the equally long time before it."""

    start: datetime
    end: datetime

    @property
    def before(self) -> datetime:
        """Where the previous window starts."""
        return self.start - (self.end - self.start)


def window(moment: datetime, time_range: str, first: datetime | None, last: datetime | None) -> Window:
    """Return the window at `moment`: whole days from `first` to `last` when either is given, else the range."""
    if first is None and last is None:
        return Window(moment - timedelta(days=RANGES[time_range]), moment)
    end = _end_of_day(last) if last is not None else moment
    start = _start_of_day(first) if first is not None else end - timedelta(days=RANGES[time_range])
    return Window(start - timedelta(microseconds=1), max(start, end))


def month_of(moment: datetime) -> Month:
    """Return year and month in UTC."""
    moment = moment.astimezone(UTC)
    return moment.year, moment.month


def months_until(moment: datetime, count: int) -> list[Month]:
    """Return the `count` calendar months that end with the one of `moment`, oldest first."""
    year, month = month_of(moment)
    index = year * 12 + month - 1
    return [(number // 12, number % 12 + 1) for number in range(index - count + 1, index + 1)]


def month_name(month: Month) -> str:
    """Return the short English name of a month."""
    return _NAMES[month[1] - 1]


def month_start(month: Month) -> datetime:
    """Return the first moment of a month."""
    return datetime(month[0], month[1], 1, tzinfo=UTC)


def _start_of_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _end_of_day(moment: datetime) -> datetime:
    return _start_of_day(moment) + timedelta(days=1) - timedelta(milliseconds=1)
