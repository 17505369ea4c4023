"""Model fields that read whatever the old system stored, without converting, truncating or failing."""

from typing import Any

from django.db import models


class AnyField(models.Field):  # type: ignore[type-arg]
    """A field of no fixed type: ids stored as text or ObjectId, free objects, arrays. Read-only in forms.

    DMB's typed fields fail on a value of another type or truncate it, and one such document breaks a whole admin page.
    """

    description = "Any BSON value"
    empty_strings_allowed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: object) -> str:
        """Return BSON's name of a free object; only used to describe the column."""
        return "object"

    def get_internal_type(self) -> str:
        """Return the name under which Django looks up conversions: none exist for it."""
        return "AnyField"

    def get_prep_value(self, value: object) -> Any:
        """Return `value` unchanged."""
        return value
