"""Pipelines from leads counted by status (contract/analytics-rules.md §3 and §5). Pure."""

from collections.abc import Mapping
from itertools import pairwise

from services.analytics.dashboards.rules import percent
from services.analytics.facts.rules import STATUSES, stage_of

_UNDER_CONTRACT = "under_contract"
_PLACES = ("new", "contacted", "under_contract", "closed", "lost")
_STEPS = ("contacted", "under_contract", "closed")


def pipeline(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the documented pipeline of leads counted by status. Open statuses that it does not name count as contacted."""
    places = {"new": "new", "contacted": "contacted", "qualified": "contacted", "converted": "closed", "lost": "lost"}
    found = dict.fromkeys(_PLACES, 0)
    for status, leads in counts.items():
        place = _UNDER_CONTRACT if status == _UNDER_CONTRACT else places[stage_of(status)]
        found[place] += leads
    return found


def step_rates(found: Mapping[str, int]) -> tuple[float, float, float]:
    """Return the percentages new to contacted, contacted to contract, contract to closed: of the leads that reached a step or a
    later one, those that reached the next or a later one. How far a lost lead got is not known: it counts as one that was new."""
    reached = [sum(found.values())]
    for step in range(len(_STEPS)):
        reached.append(sum(found[name] for name in _STEPS[step:]))
    first, second, third = (percent(later, earlier) for earlier, later in pairwise(reached))
    return first, second, third


def by_status(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the count of every known status, zeros kept, and of unknown ones that there are."""
    return {**dict.fromkeys(STATUSES, 0), **counts}
