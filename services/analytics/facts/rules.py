"""How facts are derived (contract/analytics-rules.md §3). Pure."""

from collections.abc import Sequence

STAGES = ("new", "contacted", "qualified", "converted", "lost")
KINDS = ("single_family", "multi_family", "commercial", "land")

_STAGE_OF = {
    "new": "new",
    "contacted": "contacted",
    "follow_up": "contacted",
    "appointment_scheduled": "contacted",
    "qualified": "qualified",
    "interested": "qualified",
    "property_viewed": "qualified",
    "negotiating": "qualified",
    "offer_made": "qualified",
    "under_contract": "qualified",
    "closed_won": "converted",
    "closed_lost": "lost",
    "inactive": "lost",
}
STATUSES = tuple(_STAGE_OF)
_KIND_OF = {
    "single_family": "single_family",
    "townhouse": "single_family",
    "condominium": "single_family",
    "duplex": "multi_family",
    "triplex": "multi_family",
    "fourplex": "multi_family",
    "multi_family": "multi_family",
    "commercial": "commercial",
    "land": "land",
}


def stage_of(status: str) -> str:
    """Return the client's status of a lead's status; an unknown one counts as new."""
    return _STAGE_OF.get(status, "new")


def kind_of(property_types: Sequence[str]) -> str | None:
    """Return the client's property type of a lead's first one, or None for other and none."""
    return _KIND_OF.get(property_types[0]) if property_types else None
