"""Members that name a state of the USA."""

from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ValidationError

from core.api.fields import Text, limit
from core.api.states import is_american, state_code
from core.api.validation import Body

_NO_STATE = "$property must be a two-letter code"


class State(Text):
    """A state of the USA by code or name, as its code; empty text is no state."""

    def __init__(self, **options: Any) -> None:
        super().__init__(limits=[(lambda value: value == "" or state_code(value) is not None, _NO_STATE)], **options)

    def clean(self, data: Any) -> Any:
        """Return the two letters."""
        return state_code(data) or ""


class PlaceBody(Body):
    """An object with `state` and `country`: a state of the USA becomes its code or is refused, elsewhere any text is one."""

    def to_internal_value(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Check the members; see `run_validation`."""
        checked = super().to_internal_value(data)
        if not checked.get("state", "").strip() or not is_american(checked.get("country")):
            return checked
        code = state_code(checked["state"])
        if code is None:
            raise ValidationError([limit(_NO_STATE.replace("$property", "state"))])
        return {**checked, "state": code}
