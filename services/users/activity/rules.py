"""Rules of the activity log: windows of days, counters, what a search may sort by. Pure; contract/users-rules.md §7."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

SORTABLE = ("performedAt", "createdAt", "type", "severity")
SEARCHED = ("description", "metadata.ipAddress", "metadata.userAgent", "context.module", "context.action")
# What the route profile/activity shows.
PROFILE_TYPES = ("profile_update", "account_creation")
# The severity that no cleanup deletes.
KEPT_SEVERITY = "critical"
# A century is forever; a longer window would end before the calendar begins.
_MOST_DAYS = 36_500


def days_before(moment: datetime, days: int) -> datetime:
    """Return the moment `days` days of 24 hours before `moment`, a century at most."""
    return moment - timedelta(days=min(days, _MOST_DAYS))


def statistics(counted: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return ActivityStatistics (contract/users.yaml) of rows `{_id: {type, severity, day}, count}`."""
    types: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    days: Counter[str] = Counter()
    for row in counted:
        key, count = row["_id"], row["count"]
        for counter, name in ((types, "type"), (severities, "severity"), (days, "day")):
            if key.get(name) is not None:
                counter[str(key[name])] += count
    return {
        "totalActivities": days.total(),
        "activitiesByType": dict(types.most_common()),
        "activitiesBySeverity": dict(severities.most_common()),
        "recentActivityTrend": [{"date": day, "count": days[day]} for day in sorted(days)],
    }
