"""Bodies of scoring. The order of members is the order of the old system's messages."""

from core.api.checks import TEXTS
from core.api.fields import Array, Choice, Number, Text
from core.api.validation import Body, BodyList
from services.leads.scoring import rules

# ruff: noqa: N815 - wire names

_MOST_FACTORS = 50


class FactorBody(Body):
    """One factor and its weight."""

    name = Text(max_length=100)
    weight = Number(0, 100)
    minValue = Number()
    maxValue = Number()
    description = Text(max_length=500)
    category = Choice(rules.CATEGORIES)


class ThresholdsBody(Body):
    """From which percentage on a lead is hot or warm."""

    hot = Number(0, 100)
    warm = Number(0, 100)
    cold = Number(0, 100)


class ConfigurationBody(Body):
    """A whole configuration."""

    factors = BodyList(FactorBody, max_items=_MOST_FACTORS)
    algorithm = Choice(rules.ALGORITHMS)
    updateFrequency = Choice(rules.FREQUENCIES)
    minScore = Number(0, 100)
    maxScore = Number(0, 100)
    thresholds = ThresholdsBody()


class ConfigurationChangesBody(ConfigurationBody):
    """The members of a configuration that change."""

    all_optional = True


class BatchBody(Body):
    """Which leads to score, and how: the tenant's configuration unless another one is sent."""

    leadIds = Array(TEXTS, max_items=rules.MOST_AT_ONCE)
    configuration = ConfigurationBody(required=False)
