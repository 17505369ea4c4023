"""Request validation with the contract's messages.

The old system (NestJS with class-validator) reported every broken rule of every member, in the order in which its
validators ran. So each field (core.api.fields) is a list of checks, all of which are reported, and a `Body` is a DRF
serializer that flattens them into one list. Limits are ours: they are told only to those whose request the old system
would have taken.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import SkipField, empty
from rest_framework.utils.serializer_helpers import BindingDict

from core.api.fields import LIMIT, ContractField, at_most_items, limit

# How many elements are checked of an array in the place of an object; it is refused anyway.
_SHOWN = 100
# How many messages an answer has: a small body of ten thousand members must not ask for a megabyte.
_MOST_MESSAGES = 200


def _told(messages: Sequence[ErrorDetail]) -> Sequence[ErrorDetail]:
    """Return those of all messages that are shown."""
    return ([text for text in messages if text.code != LIMIT] or messages)[:_MOST_MESSAGES]


def _messages(error: ValidationError) -> list[ErrorDetail]:
    return cast(list[ErrorDetail], error.detail)


def _under(name: object, messages: Iterable[ErrorDetail]) -> list[ErrorDetail]:
    return [ErrorDetail(f"{name}.{text}", code=text.code) for text in messages]


class Body(serializers.Serializer):
    """The members that a request may have. Everything else is refused: `property x should not exist`.

    Use it as a field for a nested object; its messages are then prefixed with the member's path. all_optional: no member must be
    there, so that changes inherit the members of what they change. nullable: null clears
    what is stored; without it null counts as absence, or with `null_is_absent=False` as a wrong shape. `shape` is what
    the old validator said of a wrong one.
    """

    from_text = False
    allow_unknown = False
    all_optional = False
    nullable = False
    shape: tuple[str, ...] = ("nested property $property must be either object or array",)
    _made_fields: dict[str, Any]

    def __init__(self, *args: Any, null_is_absent: bool = True, **options: Any) -> None:
        super().__init__(*args, **options)
        self.null_is_absent = null_is_absent

    @cached_property
    def fields(self) -> dict[str, Any]:  # type: ignore[override]  # the base class copies them for each instance
        """The members' checks, made once for a class: they keep nothing of a request, and copying them for each one would
        cost more than checking."""
        cls = type(self)
        if "_made_fields" not in cls.__dict__:
            # Bound to a body of their own, or the first request would be kept for ever.
            made = BindingDict(cls())
            for name, field in self.get_fields().items():
                field.required = field.required and not self.all_optional
                made[name] = field
            cls._made_fields = dict(made.items())
        return cls._made_fields

    def run_validation(self, data: Any = empty) -> Any:
        """Return the checked members. Raises ValidationError with a flat list of messages."""
        # The stubs forget that the outermost has no parent.
        if self.parent is None:  # type: ignore[comparison-overlap]
            return self.to_internal_value(data if isinstance(data, Mapping) else {})
        if data is None and self.nullable:
            return None
        if not self.required and (data is empty or (data is None and self.null_is_absent)):
            raise SkipField
        return self._nested(data)

    def to_internal_value(self, data: Mapping[str, object]) -> dict[str, Any]:
        """Check each declared member in order; see `run_validation`."""
        messages = [] if self.allow_unknown else [_unknown(name) for name in data if name not in self.fields]
        checked: dict[str, Any] = {}
        for name, field in self.fields.items():
            try:
                checked[name] = field.run_validation(data.get(name, empty))
            except SkipField:
                continue
            except ValidationError as error:
                messages += _messages(error)
        if messages:
            raise ValidationError(_told(messages))
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

    def from_list(self, data: list[Any]) -> Any:
        """Return what an array stands for whose elements are all right. The old system stored it where an object belongs."""
        raise ValidationError([limit(f"{self.field_name} must be an object")])

    def _nested(self, data: Any) -> Any:
        texts = [text.replace("$property", str(self.field_name)) for text in self.shape]
        if data is empty:
            raise ValidationError([limit(texts[0])])
        if isinstance(data, list):
            elements(type(self), data[:_SHOWN], str(self.field_name), texts[-1])
            return self.from_list(data)
        if not isinstance(data, Mapping):
            raise ValidationError(texts)
        try:
            return self.to_internal_value(data)
        except ValidationError as error:
            raise ValidationError(_under(self.field_name, _messages(error))) from None


def _unknown(name: str) -> ErrorDetail:
    return ErrorDetail(f"property {name} should not exist", code="invalid")


def elements(body: type[Body], data: Sequence[Any], name: str, refusal: str) -> list[dict[str, Any]]:
    """Return the objects of an array, each checked by `body`. Raises ValidationError with messages such as
    `name.0.email must be an email`, and `refusal` for what is no object."""
    checked, messages = [], list[ErrorDetail]()
    for index, member in enumerate(data):
        validator = body(data=member)
        if not isinstance(member, Mapping):
            messages += _under(name, [ErrorDetail(refusal, code="invalid")])
        elif validator.is_valid():
            checked.append(validator.validated_data)
        else:
            messages += _under(f"{name}.{index}", validator.errors)
    if messages:
        raise ValidationError(_told(messages))
    return checked


class Query(Body):
    """A query string: numbers, booleans and single-valued arrays are converted from text."""

    from_text = True


class BodyList(ContractField):
    """An array of objects, each checked by `body`; messages carry the index: `items.0.name must be a string`."""

    def __init__(self, body: type[Body], *, max_items: int | None = None, **options: Any) -> None:
        self.body = body
        self.schema = {"type": "array", "items": {"type": "object"}}
        super().__init__(limits=at_most_items(max_items), **options)

    def run_validation(self, data: Any = empty) -> Any:
        """Return the checked objects. Raises ValidationError as `elements` does; an object where the array belongs is
        checked like an element, as the old validator did."""
        absent = data is empty or data is None
        if isinstance(data, list) or (absent and not self.required):
            return super().run_validation(data)
        if isinstance(data, Mapping) and not (element := self.body(data=data)).is_valid():
            raise ValidationError(_under(self.field_name, element.errors))
        told = [self._refusal] if data is not empty and not isinstance(data, Mapping) else []
        raise ValidationError([f"{self.field_name} must be an array", *told])

    def clean(self, data: Any) -> Any:
        """Return the checked objects. Only so many as the limit allows come here: an answer must not outgrow its request."""
        return elements(self.body, data, str(self.field_name), self._refusal)

    @property
    def _refusal(self) -> str:
        return f"each value in nested property {self.field_name} must be either object or array"
