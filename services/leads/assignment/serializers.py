"""Bodies and queries of assignment."""

from core.api.fields import Array, Choice, MongoId, Number, Page, Text
from core.api.validation import Body, Query
from services.leads.assignment import rules
from services.leads.queueing.rules import HIGHEST, LOWEST

# ruff: noqa: N815 - wire names

_LONGEST_TEXT = 1000
_SKILLS = (rules.is_skill, f"a string of 1 to {rules.LONGEST_SKILL} characters")


class AutoBody(Body):
    """Which lead. An agent and a priority may be sent and are ignored."""

    leadId = MongoId(or_uuid=True)
    agentId = MongoId(or_uuid=True, required=False)
    priority = Number(LOWEST, HIGHEST, required=False)
    reason = Text(required=False, max_length=_LONGEST_TEXT)
    requiredSkills = Array(_SKILLS, max_items=rules.MOST_SKILLS, required=False, ours=True)


class ManualBody(Body):
    """Which lead, and which agent gets it. A priority may be sent and is ignored."""

    leadId = MongoId(or_uuid=True)
    agentId = MongoId(or_uuid=True, demanded=True)
    priority = Number(LOWEST, HIGHEST, required=False)
    reason = Text(required=False, max_length=_LONGEST_TEXT)


class AssignItemBody(Body):
    """Which agent gets the lead; a priority may be sent and is ignored."""

    agentId = MongoId(or_uuid=True, demanded=True)
    priority = Number(LOWEST, HIGHEST, required=False)


class ReassignBody(Body):
    """The new agent of the lead. A status may be sent and is ignored."""

    agentId = MongoId(or_uuid=True, demanded=True)
    status = Choice(rules.STATUSES, required=False)
    reason = Text(required=False, max_length=_LONGEST_TEXT)
    notes = Text(required=False, max_length=_LONGEST_TEXT)


class OutcomeBody(Body):
    """The outcome of an assignment. An agent and a reason may be sent and are ignored."""

    agentId = MongoId(or_uuid=True, required=False)
    status = Choice(rules.STATUSES, required=False)
    reason = Text(required=False, max_length=_LONGEST_TEXT)
    notes = Text(required=False, max_length=_LONGEST_TEXT)


class AgentBody(Body):
    """How many leads an agent takes at once, and which."""

    maxCapacity = Number(1, rules.HIGHEST_CAPACITY, whole=True, required=False)
    skills = Array(_SKILLS, max_items=rules.MOST_SKILLS, required=False)
    availability = Choice(rules.AVAILABILITIES, required=False)


class HistoryQuery(Query):
    """How many; other parameters are ignored, as before."""

    allow_unknown = True
    limit = Page(default=50)
