"""Exports of buyers, as they are read (contract/buyers-rules.md §6)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import orjson
from django.http import HttpResponseBase, StreamingHttpResponse

from core.api.rendering import iso, to_json
from core.imports.lines import line
from services.buyers.buyers.documents import BuyerDocument
from services.buyers.buyers.rendering import buyer

_COLUMNS = {
    "ID": "id",
    "Company Name": "companyName",
    "Contact Name": "contactName",
    "Email": "email",
    "Phone": "phone",
    "Address": "address",
    "City": "city",
    "State": "state",
    "ZIP Code": "zipCode",
    "Buyer Type": "buyerType",
    "Investment Range": "investmentRange",
    "Preferred Property Types": "preferredPropertyTypes",
    "Notes": "notes",
    "Status": "isActive",
    "Created Date": "createdAt",
    "Updated Date": "updatedAt",
}


def filters_in(text: str) -> dict[str, object]:
    """Return the JSON object in `text`; nothing of what is none."""
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def csv_lines(buyers: Iterable[BuyerDocument]) -> Iterator[bytes]:
    """Yield the header and a line for each buyer, every value quoted."""
    yield line(_COLUMNS, quoted=True).encode()
    for document in buyers:
        wire = buyer(document)
        yield line((_cell(wire[name]) for name in _COLUMNS.values()), quoted=True).encode()


def json_lines(buyers: Iterable[BuyerDocument], total: int, moment: datetime) -> Iterator[bytes]:
    """Yield ExportJson (contract/buyers.yaml) piece by piece."""
    yield to_json({"exportDate": moment, "totalBuyers": total})[:-1] + b',"buyers":['
    for number, document in enumerate(buyers):
        yield b"," * bool(number) + to_json(buyer(document))
    yield b"]}"


def attached(pieces: Iterator[bytes], kind: str, name: str) -> HttpResponseBase:
    """Return the answer that a browser stores under `name`."""
    answer = StreamingHttpResponse(pieces, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "Active" if value else "Inactive"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return iso(value) if isinstance(value, datetime) else str(value)
