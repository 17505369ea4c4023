"""Reading bodies as the old system's parser did: JSON objects and arrays, forms, and nothing else.

A body of another type counts as absent, so that validation answers with the names of the missing members.
"""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.http import QueryDict
from rest_framework.parsers import BaseParser, MultiPartParser

from core.api import query
from core.api.bodies import text_of
from core.errors import BadRequest


class JSONParser(BaseParser):
    """application/json, strict: a scalar, NaN or broken text is a 400 with the parser's message."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: object = None) -> Any:
        """Return the object or array in `stream`; an empty body is an empty object."""
        text = text_of(stream, media_type or "", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        return parse_json(text) if text.strip() else {}


class FormParser(BaseParser):
    """application/x-www-form-urlencoded, with lists and nested members as in a query string."""

    media_type = "application/x-www-form-urlencoded"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: object = None) -> Any:
        """Return the members."""
        return query.parse(text_of(stream, media_type or "", settings.DATA_UPLOAD_MAX_MEMORY_SIZE, ("utf-8",)))


class IgnoredBodyParser(BaseParser):
    """Any other content type: the body counts as empty."""

    media_type = "*/*"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: object = None) -> Any:
        """Return an empty object without reading the body."""
        return {}


# DRF picks the first parser whose media type fits.
PARSERS = [JSONParser, FormParser, MultiPartParser, IgnoredBodyParser]


def parse_json(text: str) -> Any:
    """Return the JSON object or array `text`. Raises BadRequest with the wording of the old parser (V8)."""
    try:
        value = json_value(text)
    except ValueError as error:
        raise BadRequest(_wording(text, error)) from None
    if not isinstance(value, dict | list):
        raise BadRequest(_unexpected(text, text.strip()[0]))
    return value


def json_value(text: str) -> Any:
    """Return the JSON value `text`. Raises ValueError, for NaN and for a million brackets too.

    Half of a surrogate pair, which is left where JavaScript cuts a text in the middle of an emoji, has no form in UTF-8: it
    becomes U+FFFD, as in the old system's driver."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("too deep") from error
    if r"\ud" in text.lower():
        whole = json.dumps(value, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        value = json.loads(whole.decode("utf-16-le", "replace"))
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _wording(text: str, error: Exception) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return _unexpected(text, text.strip()[0])
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        return "Unexpected end of JSON input"
    return _unexpected(text, text[error.pos])


def _unexpected(text: str, character: str) -> str:
    shown = text if len(text) <= 40 else f"{text[:10]}..."
    return f"Unexpected token '{character}', \"{shown}\" is not valid JSON"


def plain_body(data: object) -> dict[str, Any]:
    """Return a parsed body as a plain dictionary: forms by their single values, arrays as an empty object, as the old
    validator saw them."""
    if isinstance(data, QueryDict):
        return {name: values[0] if len(values) == 1 else values for name, values in data.lists()}
    return dict(data) if isinstance(data, Mapping) else {}
