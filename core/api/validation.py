"""Request validation with the contract's messages.

The old system reported every broken rule of every member, in the order in which its validators ran. So each field here
is a list of checks, all of which are reported, and a `Body` is a DRF serializer that flattens them into one list.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty
from rest_framework.utils.serializer_helpers import BindingDict

from core.api.checks import Check, is_email, is_number, is_storable, is_storable_object, is_text, parse_date, parse_end
from core.api.states import is_american, state_code
from core.documents.ids import object_id, uuid_text

_NO_STATE = "$property must be a two-letter code"


class ContractField(serializers.Field):
    """A member with its checks. `$property` in a message is the member's name.

    required: a missing member fails all its checks. Otherwise null and absence are the same: the member is left out,
    or takes `default`; with `nullable` null is a value: it clears what is stored. from_text: values come from a query
    string and are converted first.
    """

    schema: dict[str, Any] = {}

    def __init__(
        self, checks: Sequence[Check], *, required: bool = True, default: Any = empty, nullable: bool = False
    ) -> None:
        self.checks = checks
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
        broken = [text.replace("$property", str(self.field_name)) for holds, text in self.checks if not holds(data)]
        if broken:
            raise ValidationError(broken)
        return self.clean(data)

    @property
    def from_text(self) -> bool:
        """Whether the value comes from a query string."""
        return bool(getattr(self.parent, "from_text", False))

    def read_text(self, data: object) -> Any:
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
    """Text. length and pattern rules come with their own `message`, or the validator's default one."""

    schema = {"type": "string"}

    def __init__(
        self,
        *extra: Check,
        not_empty: bool = False,
        min_length: int | None = None,
        max_length: int | None = None,
        trim: bool = False,
        **options: Any,
    ) -> None:
        self.trim = trim
        checks: list[Check] = [*extra]
        if max_length is not None:
            text = f"$property must be shorter than or equal to {max_length} characters"
            checks.append((lambda value: is_text(value) and len(value) <= max_length, text))
        if min_length is not None:
            text = f"$property must be longer than or equal to {min_length} characters"
            checks.append((lambda value: is_text(value) and len(value) >= min_length, text))
        if not_empty:
            checks.append((lambda value: value not in ("", None), "$property should not be empty"))
        checks.append((is_text, "$property must be a string"))
        super().__init__(checks, **options)

    def clean(self, data: Any) -> Any:
        """Return the text, trimmed when asked to."""
        return data.strip() if self.trim else data


class Email(ContractField):
    """An e-mail address; kept as sent."""

    schema = {"type": "string", "format": "email"}

    def __init__(self, message: str = "$property must be an email", **options: Any) -> None:
        super().__init__([(is_email, message)], **options)


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
        super().__init__(checks, **options)

    def read_text(self, data: object) -> Any:
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

    def read_text(self, data: object) -> Any:
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
        def holds(value: object) -> bool:
            return isinstance(value, str) and bool(object_id(value) or (or_uuid and uuid_text(value)))

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


class State(Text):
    """A state of the USA by code or name, as its code; empty text is no state."""

    def __init__(self, **options: Any) -> None:
        super().__init__((lambda value: value == "" or state_code(value) is not None, _NO_STATE), **options)

    def clean(self, data: Any) -> Any:
        """Return the two letters."""
        return state_code(data) or ""


class Free(ContractField):
    """An object of any shape; not an array."""

    schema = {"type": "object", "additionalProperties": True}

    def __init__(self, **options: Any) -> None:
        super().__init__([(is_storable_object, "$property must be an object")], **options)


class Anything(ContractField):
    """Any JSON value that can be stored."""

    schema: dict[str, Any] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__([(is_storable, "$property must be a storable value")], **options)


class Array(ContractField):
    """An array; `each` is the check of its members: a function and what a member must be ("a string").

    In a query string a single value is an array of one, and commas separate when `commas` is set.
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
            checks.append((lambda value: not isinstance(value, str) and _all(holds, value), text))
        if max_items is not None:
            text = f"$property must contain no more than {max_items} elements"
            checks.append((lambda value: isinstance(value, list) and len(value) <= max_items, text))
        checks.append((lambda value: isinstance(value, list), "$property must be an array"))
        super().__init__(checks, **options)

    def run_validation(self, data: Any = empty) -> Any:
        """Return the checked list; text where an array belongs is reported as that alone, as the old validator did."""
        if isinstance(data, str) and not self.from_text:
            raise ValidationError([f"{self.field_name} must be an array"])
        return super().run_validation(data)

    def read_text(self, data: object) -> Any:
        """Return the list that a query string's text stands for."""
        if not isinstance(data, str):
            return data
        return [part.strip() for part in data.split(",")] if self.commas else [data]


def _all(holds: Callable[[Any], bool], value: object) -> bool:
    return isinstance(value, list) and all(holds(member) for member in value)


class Body(serializers.Serializer):
    """The members that a request may have. Everything else is refused: `property x should not exist`.

    Use it as a field for a nested object; its messages are then prefixed with the member's path.
    """

    from_text = False
    allow_unknown = False
    _made_fields: dict[str, Any]
    # Whether an optional nested object may be null; null then clears what is stored.
    nullable = False

    @cached_property
    def fields(self) -> dict[str, Any]:  # type: ignore[override]  # the base class copies them for each instance
        """The members' checks, made once for a class: they keep nothing of a request, and copying them for each one would
        cost more than checking."""
        cls = type(self)
        if "_made_fields" not in cls.__dict__:
            # Bound to a body of their own, or the first request would be kept for ever.
            made = BindingDict(cls())
            for name, field in self.get_fields().items():
                made[name] = field
            cls._made_fields = dict(made.items())
        return cls._made_fields

    def run_validation(self, data: Any = empty) -> Any:
        """Return the checked members. Raises ValidationError with a flat list of messages."""
        if data is None and self.nullable:
            return None
        if data is empty or data is None:
            if not self.required:
                raise SkipField
            # The stubs forget that the outermost has no parent.
            nested = self.parent is not None  # type: ignore[comparison-overlap]
            return self._refuse_shape() if nested else self.to_internal_value({})
        if not isinstance(data, Mapping):
            self._refuse_shape()
        return self.to_internal_value(data)

    def to_internal_value(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Check each declared member in order; see `run_validation`."""
        messages = (
            []
            if self.allow_unknown
            else [f"property {name} should not exist" for name in data if name not in self.fields]
        )
        checked: dict[str, Any] = {}
        for name, field in self.fields.items():
            try:
                checked[name] = field.run_validation(data.get(name, empty))
            except SkipField:
                continue
            except ValidationError as error:
                messages += _prefixed(field, name, error.detail)
        if messages:
            raise ValidationError(messages)
        return checked

    def is_valid(self, *, raise_exception: bool = False) -> bool:
        """Check the data; errors are a flat list of messages. Raises ValidationError when asked to."""
        try:
            self._validated_data = self.run_validation(self.initial_data)
            self._errors: Any = []
        except ValidationError as error:
            self._validated_data, self._errors = {}, error.detail
            if raise_exception:
                raise
        return not self._errors

    @property
    def errors(self) -> Any:
        """The messages of a failed check, as a flat list."""
        return self._errors

    def _refuse_shape(self) -> Any:
        raise ValidationError([f"nested property {self.field_name} must be either object or array"])


class PlaceBody(Body):
    """An object with `state` and `country`: a state of the USA becomes its code or is refused, elsewhere any text is one."""

    def to_internal_value(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Check the members; see `run_validation`."""
        checked = super().to_internal_value(data)
        if not checked.get("state", "").strip() or not is_american(checked.get("country")):
            return checked
        code = state_code(checked["state"])
        if code is None:
            raise ValidationError([_NO_STATE.replace("$property", "state")])
        return {**checked, "state": code}


class Query(Body):
    """A query string: numbers, booleans and single-valued arrays are converted from text."""

    from_text = True


class BodyList(ContractField):
    """An array of objects, each checked by `body`; messages carry the index: `items.0.name must be a string`."""

    def __init__(self, body: type[Body], *, max_items: int | None = None, **options: Any) -> None:
        self.body = body
        self.schema = {"type": "array", "items": {"type": "object"}}
        checks: list[Check] = []
        if max_items is not None:
            text = f"$property must contain no more than {max_items} elements"
            checks.append((lambda value: isinstance(value, list) and len(value) <= max_items, text))
        checks.append((lambda value: isinstance(value, list), "$property must be an array"))
        super().__init__(checks, **options)

    def clean(self, data: Any) -> Any:
        """Return the checked objects."""
        checked, messages = [], []
        for index, member in enumerate(data):
            validator = self.body(data=member if isinstance(member, Mapping) else {})
            if validator.is_valid():
                checked.append(validator.validated_data)
            messages += [f"{self.field_name}.{index}.{text}" for text in validator.errors]
        if messages:
            raise ValidationError(messages)
        return checked


def _prefixed(field: Any, name: str, detail: Any) -> list[str]:
    texts = [str(text) for text in detail]
    if not isinstance(field, Body):
        return texts
    return [text if text.startswith("nested property ") else f"{name}.{text}" for text in texts]
