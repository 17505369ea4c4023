"""Members of requests: lists of checks with the contract's messages, and limits of ours (core.api.validation)."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField, empty

from core.api.checks import (
    Check,
    is_email,
    is_mongo_id,
    is_number,
    is_precise,
    is_storable,
    is_text,
    is_url,
    parse_date,
    parse_end,
)
from core.documents.ids import uuid_text

# The code of messages that the old system did not have.
LIMIT = "limit"


class ContractField(serializers.Field):
    """A member with its checks and limits. `$property` in a message is the member's name.

    required: a missing member fails all its checks. Otherwise null and absence are the same: the member is left out,
    or takes `default`; with `nullable` null is a value: it clears what is stored. from_text: values come from a query
    string and are converted first. ours: the old system did not check this member, all its checks are limits. demanded:
    the old system did without it.
    """

    schema: dict[str, Any] = {}

    def __init__(
        self,
        checks: Sequence[Check] = (),
        *,
        limits: Sequence[Check] = (),
        required: bool = True,
        default: Any = empty,
        nullable: bool = False,
        ours: bool = False,
        demanded: bool = False,
    ) -> None:
        self.demanded = demanded
        self.checks: Sequence[Check] = () if ours else checks
        self.limits = [*(checks if ours else ()), *limits]
        self.nullable = nullable
        arguments: dict[str, Any] = {} if default is empty else {"default": default}
        super().__init__(required=required and default is empty, **arguments)
        self._spectacular_annotation = {"field": self.schema}

    def run_validation(self, data: Any = empty) -> Any:
        """Return the checked value. Raises ValidationError with all broken rules, SkipField for an absent member."""
        if data is None and self.nullable:
            return None
        if data is empty or data is None:
            if not self.required:
                return self._absent()
            data = None
        elif self.from_text:
            data = self.read_text(data)
        broken = self._broken(self.checks, data)
        if broken and not (self.demanded and data is None):
            raise ValidationError(broken)
        limits = broken or self._broken(self.limits, data)
        if limits:
            raise ValidationError([limit(text) for text in limits])
        return self.clean(data)

    def _broken(self, checks: Sequence[Check], data: Any) -> list[str]:
        return [text.replace("$property", str(self.field_name)) for holds, text in checks if not holds(data)]

    @property
    def from_text(self) -> bool:
        """Whether the value comes from a query string."""
        return bool(getattr(self.parent, "from_text", False))

    def read_text(self, data: Any) -> Any:
        """Return the value that a query string's text stands for."""
        return data

    def clean(self, data: Any) -> Any:
        """Return the checked value as the use case wants it."""
        return data

    def _absent(self) -> Any:
        if self.default is empty:
            raise SkipField
        return self.default() if callable(self.default) else self.default


class Text(ContractField):
    """Text. `extra` checks come with their own messages; lengths and emptiness are checked for text only."""

    schema = {"type": "string"}

    def __init__(
        self,
        *extra: Check,
        not_empty: bool = False,
        min_length: int = 0,
        max_length: int | None = None,
        limits: Sequence[Check] = (),
        trim: bool = False,
        **options: Any,
    ) -> None:
        self.trim = trim
        checks: list[Check] = [*extra]
        if min_length:
            text = f"$property must be longer than or equal to {min_length} characters"
            checks.append((lambda value: not is_text(value) or len(value) >= min_length, text))
        if not_empty:
            checks.append((lambda value: self._kept(value) != "", "$property should not be empty"))
        if max_length is not None:
            text = f"$property must be shorter than or equal to {max_length} characters"
            limits = [*limits, (lambda value: not is_text(value) or len(value) <= max_length, text)]
        super().__init__([*checks, (is_text, "$property must be a string")], limits=limits, **options)

    def clean(self, data: Any) -> Any:
        """Return the text, trimmed when asked to."""
        return self._kept(data)

    def _kept(self, value: Any) -> Any:
        return value.strip() if self.trim and isinstance(value, str) else value


class Email(ContractField):
    """An e-mail address; kept as sent."""

    schema = {"type": "string", "format": "email"}

    def __init__(self, message: str = "$property must be an email", **options: Any) -> None:
        super().__init__([(is_email, message)], **options)


class Url(ContractField):
    """A web address, with or without its scheme."""

    schema = {"type": "string", "format": "uri"}

    def __init__(self, **options: Any) -> None:
        super().__init__([(is_url, "$property must be a URL address")], **options)


class Number(ContractField):
    """A number; `whole` for integers only."""

    schema = {"type": "number"}

    def __init__(
        self, minimum: float | None = None, maximum: float | None = None, *, whole: bool = False, **options: Any
    ) -> None:
        checks: list[Check] = []
        if maximum is not None:
            text = f"$property must not be greater than {maximum}"
            checks.append((lambda value: is_number(value) and value <= maximum, text))
        if minimum is not None:
            text = f"$property must not be less than {minimum}"
            checks.append((lambda value: is_number(value) and value >= minimum, text))
        kind = "an integer number" if whole else "a number conforming to the specified constraints"
        checks.append(
            (lambda value: is_number(value) and (not whole or value == int(value)), f"$property must be {kind}")
        )
        self.whole = whole
        bounds = {"minimum": minimum, "maximum": maximum}
        self.schema = {"type": "integer" if whole else "number", **{k: v for k, v in bounds.items() if v is not None}}
        limits = [(is_precise, f"$property must be {kind}"), *options.pop("limits", ())]
        super().__init__(checks, limits=limits, **options)

    def read_text(self, data: Any) -> Any:
        """Return the number in a query string; empty text is 0, as in JavaScript; no number stays text."""
        if not isinstance(data, str):
            return data
        try:
            number = float(data or 0)
        except ValueError:
            return data
        return int(number) if number.is_integer() else number

    def clean(self, data: Any) -> Any:
        """Return an int where one was asked for."""
        return int(data) if self.whole else data


class Page(Number):
    """A page number or page size: a whole number, reported with the plain number messages."""

    def __init__(self, maximum: int | None = None, *, default: int) -> None:
        super().__init__(1, maximum, default=default)

    def clean(self, data: Any) -> int:
        """Return the number without its fraction."""
        return int(data)


class Flag(ContractField):
    """true or false; in query strings the words."""

    schema = {"type": "boolean"}

    def __init__(self, **options: Any) -> None:
        super().__init__([(lambda value: isinstance(value, bool), "$property must be a boolean value")], **options)

    def read_text(self, data: Any) -> Any:
        """Return the boolean of the words true and false; anything else stays text."""
        return {"true": True, "false": False}.get(data, data) if isinstance(data, str) else data


class Choice(ContractField):
    """One of `values`."""

    def __init__(self, values: Sequence[str], *, message: str | None = None, **options: Any) -> None:
        self.schema = {"type": "string", "enum": list(values)}
        text = message or f"$property must be one of the following values: {', '.join(values)}"
        super().__init__([(lambda value: isinstance(value, str) and value in values, text)], **options)


class MongoId(ContractField):
    """24 hexadecimal characters; `or_uuid` also accepts a UUID. Kept as text."""

    schema = {"type": "string"}

    def __init__(self, *, or_uuid: bool = False, **options: Any) -> None:
        def holds(value: Any) -> bool:
            return is_mongo_id(value) or (or_uuid and isinstance(value, str) and uuid_text(value) is not None)

        super().__init__([(holds, "$property must be a mongodb id")], **options)


class Date(ContractField):
    """An ISO 8601 date or date-time, as an aware UTC datetime."""

    schema = {"type": "string", "format": "date-time"}

    def __init__(self, **options: Any) -> None:
        text = "$property must be a valid ISO 8601 date string"
        super().__init__([(lambda value: parse_date(value) is not None, text)], **options)

    def clean(self, data: Any) -> Any:
        """Return the moment."""
        return parse_date(data)


class Until(Date):
    """The end of a period, inclusive: a date without time is that whole day (UTC), a date-time is exact."""

    def clean(self, data: Any) -> Any:
        """Return the last moment of the period."""
        return parse_end(data)


class Free(ContractField):
    """An object of any shape; not an array."""

    schema = {"type": "object", "additionalProperties": True}

    def __init__(self, **options: Any) -> None:
        text = "$property must be an object"
        limits = [(is_storable, text), *options.pop("limits", ())]
        super().__init__([(lambda value: isinstance(value, Mapping), text)], limits=limits, **options)


class Array(ContractField):
    """An array; `each` is the check of its members: a function and what a member must be ("a string").

    What is no array is checked like a member as well, as the old validator did. In a query string a single value is an
    array of one, and commas separate when `commas` is set.
    """

    def __init__(
        self, each: Check | None = None, *, max_items: int | None = None, commas: bool = False, **options: Any
    ) -> None:
        self.schema = {"type": "array", "items": {}}
        self.commas = commas
        checks: list[Check] = []
        if each is not None:
            holds, kind = each
            text = f"each value in $property must be {kind}"
            checks.append((lambda value: all(map(holds, value if isinstance(value, list) else [value])), text))
        checks.append((lambda value: isinstance(value, list), "$property must be an array"))
        super().__init__(checks, limits=at_most_items(max_items), **options)

    def read_text(self, data: Any) -> Any:
        """Return the list that a query string's text stands for."""
        if not isinstance(data, str):
            return data
        return [part.strip() for part in data.split(",")] if self.commas else [data]


def at_most_items(items: int | None) -> list[Check]:
    """Return the limit of an array's length; none for None."""
    if items is None:
        return []
    return [
        (
            lambda value: not isinstance(value, list) or len(value) <= items,
            f"$property must contain no more than {items} elements",
        )
    ]


def limit(text: str) -> ErrorDetail:
    """Return the message of a limit of ours: it is shown only when the old system has no message."""
    return ErrorDetail(text, code=LIMIT)
