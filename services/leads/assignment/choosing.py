"""Which agent gets a lead, and why (contract/leads-rules.md §6). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import pvariance
from typing import Any

from services.leads.assignment.rules import AVAILABLE, BUSY, FULL, NOT_AVAILABLE, normal

_BALANCE_WEIGHT, _SKILL_WEIGHT = 0.6, 0.4
# Remembered with a decision; the others are counted.
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Agent:
    """A user who takes leads, as things are now. `chosen_availability` is what they or their manager set."""

    id: str
    name: str
    workload: int
    capacity: int
    skills: tuple[str, ...]
    chosen_availability: str
    last_active: datetime
    last_assigned: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Whether no further lead fits."""
        return self.workload >= self.capacity

    @property
    def availability(self) -> str:
        """What is set, and busy while no further lead fits."""
        return BUSY if self.is_full and self.chosen_availability == AVAILABLE else self.chosen_availability

    @property
    def load(self) -> float:
        """Which part of the capacity is taken."""
        return self.workload / self.capacity

    @property
    def balance(self) -> float:
        """Which part of the capacity is free, 0 to 1."""
        return max(0.0, 1 - self.load)

    @property
    def obstacle(self) -> str | None:
        """Why this agent gets no lead, or None."""
        if self.chosen_availability != AVAILABLE:
            return NOT_AVAILABLE
        return FULL if self.is_full else None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent, measured against what a lead needs."""

    agent: Agent
    required: tuple[str, ...]

    @property
    def skill(self) -> float:
        """The share of the required skills that the agent has; 1 when none is required."""
        return len(self._covered) / len(self.required) if self.required else 1.0

    @property
    def score(self) -> float:
        """Free capacity and skills, 0 to 1."""
        return _BALANCE_WEIGHT * self.agent.balance + _SKILL_WEIGHT * self.skill

    @property
    def rank(self) -> tuple[Any, ...]:
        """The smallest rank is chosen: agents who can take a lead, then the best score, then the longest wait for a lead."""
        last = self.agent.last_assigned
        return (self.agent.obstacle is not None, -self.score, last is not None, last, self.agent.id)

    @property
    def _covered(self) -> list[str]:
        own = {normal(skill) for skill in self.agent.skills}
        return [skill for skill in self.required if normal(skill) in own]

    def told(self) -> dict[str, Any]:
        """Return the candidate with the reasons for and against."""
        return {
            "agentId": self.agent.id,
            "name": self.agent.name,
            "eligible": self.agent.obstacle is None,
            "score": round(self.score, 4),
            "workloadBalance": round(self.agent.balance, 4),
            "skillMatchScore": round(self.skill, 4),
            "reasons": list(self._reasons()),
        }

    def _reasons(self) -> Iterable[str]:
        if self.agent.obstacle:
            yield self.agent.obstacle
        yield f"{self.agent.workload} of {self.agent.capacity} leads open"
        if self.agent.chosen_availability != AVAILABLE:
            yield f"Set to {self.agent.chosen_availability}"
        if self.required:
            missing = [skill for skill in self.required if skill not in self._covered]
            has = f"Has {len(self._covered)} of {len(self.required)} required skills"
            yield f"{has}, lacks {', '.join(missing)}" if missing else has
        if self.agent.last_assigned is None:
            yield "Never got a lead before"


@dataclass(frozen=True, slots=True)
class Decision:
    """Which of the candidates gets the lead, if any, and why."""

    chosen: Candidate | None
    reason: str
    candidates: tuple[Candidate, ...]

    def told(self) -> dict[str, Any]:
        """Return the decision as it is stored and shown: the best candidates, how many there were."""
        return {
            "chosen": self.chosen.agent.id if self.chosen else None,
            "reason": self.reason,
            "requiredSkills": list(self.candidates[0].required) if self.candidates else [],
            "considered": len(self.candidates),
            "candidates": [candidate.told() for candidate in self.candidates[:_SHOWN]],
        }


def choose(agents: Sequence[Agent], required: Sequence[str]) -> Decision:
    """Decide who gets a lead that needs the skills `required`."""
    ranked = tuple(sorted((Candidate(agent, tuple(required)) for agent in agents), key=lambda one: one.rank))
    able = [candidate for candidate in ranked if candidate.agent.obstacle is None]
    if not able:
        some_full = any(candidate.agent.obstacle == FULL for candidate in ranked)
        return Decision(None, "No suitable agent found" if some_full else "No available agents", ranked)
    return Decision(able[0], _why(able), ranked)


def named(agent: Agent, reason: str) -> Decision:
    """Return the decision of a user who named the agent, or of the agent who claimed the lead."""
    candidate = Candidate(agent, ())
    return Decision(candidate, reason, (candidate,))


def _why(able: Sequence[Candidate]) -> str:
    best, rest = able[0], able[1:]
    if not rest:
        return "The only agent who can take a lead now"
    if best.score > rest[0].score:
        return f"Best score of {len(able)} agents: {best.score:.2f}, next {rest[0].score:.2f}"
    equal = sum(one.score == best.score for one in able)
    return f"Longest without a new lead of {equal} agents with the best score, {best.score:.2f}"


def balance_score(agents: Sequence[Agent]) -> float:
    """Return how evenly leads are spread, 0 to 100: 100 less the variance of the agents' load in percent."""
    return max(0.0, 100 - 100 * pvariance([agent.load for agent in agents])) if agents else 100.0
