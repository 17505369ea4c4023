"""JSON on the wire: orjson, ObjectIds as text, dates as ISO 8601 UTC with milliseconds and Z."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from bson import Binary, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.binary import UUID_SUBTYPE
from bson.tz_util import utc
from django.http import HttpResponse
from rest_framework.renderers import BaseRenderer

# Most dates come from the driver, in its own UTC: those need no conversion.
_UTC = (utc, UTC)
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def to_json(data: object) -> bytes:
    """Return `data` as JSON. Raises TypeError for a value that has no form on the wire."""
    return orjson.dumps(data, default=wire_form, option=_OPTIONS)


def iso(moment: datetime) -> str:
    """Return `moment` as the contract writes dates: 2026-11-24T09:00:00.000Z."""
    if moment.tzinfo not in _UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def wire_form(value: object) -> Any:
    """Return what JSON has for a value of BSON. Raises TypeError for one that has no form on the wire."""
    if isinstance(value, ObjectId):
        return str(value)
    if isinstance(value, datetime):
        return iso(value if value.tzinfo else value.replace(tzinfo=UTC))
    if hasattr(value, "to_decimal"):
        return float(value.to_decimal())
    return _foreign(value)


def _foreign(value: object) -> Any:
    """Return what the old system made of types that only its free objects hold, as its driver's `toJSON` has them."""
    if isinstance(value, bytes):
        is_uuid = isinstance(value, Binary) and value.subtype == UUID_SUBTYPE
        return str(UUID(bytes=value)) if is_uuid else b64encode(value).decode()
    if isinstance(value, Timestamp):
        return {"$timestamp": str(value.time << 32 | value.inc)}
    if isinstance(value, Regex | MinKey | MaxKey):
        return {}
    if isinstance(value, int | str):
        # The driver's own kinds of them: Int64, Code.
        return int(value) if isinstance(value, int) else str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def json_response(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return `data` as a Django response, outside of DRF."""
    return HttpResponse(to_json(data), content_type=JSONRenderer.content_type, status=status, headers=headers)


class JSONRenderer(BaseRenderer):
    """DRF's renderer for every answer; None is an empty body."""

    media_type = "application/json"
    content_type = "application/json; charset=utf-8"
    format = "json"
    charset = "utf-8"

    def render(self, data: object, accepted_media_type: str | None = None, renderer_context: object = None) -> bytes:
        """Return the body of `data`."""
        return b"" if data is None else to_json(data)
