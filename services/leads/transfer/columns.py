"""What columns of files mean, and what a row is as a lead (contract/leads-rules.md §9). Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from services.leads.leads import rules
from services.leads.leads.keys import email_key, phone_key

# Key and title of the template's and the export's columns.
COLUMNS = {
    "firstName": "First Name",
    "lastName": "Last Name",
    "email": "Email",
    "phone": "Phone",
    "company": "Company",
    "title": "Title",
    "status": "Status",
    "priority": "Priority",
    "value": "Value",
    "score": "Score",
    "source": "Source",
    "createdAt": "Created Date",
    "updatedAt": "Updated Date",
}
REQUIRED = ("firstName", "lastName", "email")
# Other names of a column, letters and digits only.
_ALIASES = {
    **{re.sub(r"[^a-z0-9]", "", text.lower()): key for key, title in COLUMNS.items() for text in (key, title)},
    "name": "name",
    "fullname": "name",
    "emailaddress": "email",
    "phonenumber": "phone",
    "mobile": "phone",
    "jobtitle": "title",
    "leadsource": "source",
    "estimatedvalue": "value",
    "address": "street",
    "street": "street",
    "city": "city",
    "state": "state",
    "zip": "zipCode",
    "zipcode": "zipCode",
    "postalcode": "zipCode",
    "tags": "tags",
    "notes": "notes",
    "description": "notes",
}
_ADDRESS = ("street", "city", "state", "zipCode")
_LONGEST_CELL = 10_000
_MOST_COLUMNS = 200
_NOT_IMPORTED = ("createdAt", "updatedAt")

Row = dict[str, str]


class RowFault(ValueError):
    """A row that cannot become a lead; the text says why."""


def targets(header: Sequence[str], mapping: Mapping[str, str]) -> list[str]:
    """Return what each column of `header` is: a key of ours, or its own name. With a `mapping` (target field: column, or the
    other way round) only mapped columns are looked at; the others are empty text."""
    named = [title.strip() for title in header[:_MOST_COLUMNS]]
    if not mapping:
        return [_key_of(title) for title in named]
    by_column = {column.strip().lower(): target for target, column in mapping.items()}
    if not any(title.lower() in by_column for title in named):
        by_column = {column.strip().lower(): target for column, target in mapping.items()}
    return [_key_of(by_column[title.lower()]) if title.lower() in by_column else "" for title in named]


def _key_of(title: str) -> str:
    return _ALIASES.get(re.sub(r"[^a-z0-9]", "", title.lower()), title)


def structure_faults(keys: Sequence[str], *, has_rows: bool) -> list[str]:
    """Return what a file lacks as a whole."""
    known = set(keys) | ({"firstName", "lastName"} if "name" in keys else set())
    missing = [name for name in REQUIRED if name not in known]
    faults = [f"Missing required fields: {', '.join(missing)}"] if missing else []
    return faults + ([] if has_rows else ["CSV file is empty"])


def mapping_of(sent: Any) -> dict[str, str]:
    """Return a field mapping that was sent. Raises ValueError for anything but an object of texts."""
    if not sent:
        return {}
    if not isinstance(sent, dict) or not all(isinstance(value, str) for value in sent.values()):
        raise ValueError("fieldMapping must be an object of texts")
    return sent


def row_of(keys: Sequence[str], cells: Sequence[str]) -> Row:
    """Return the filled cells of a row by what they are. Raises RowFault for a cell that is too long."""
    row: Row = {}
    for key, cell in zip(keys, cells, strict=False):
        text = cell.replace("\x00", "").strip()
        if len(text) > _LONGEST_CELL:
            raise RowFault(f"{key} must be shorter than or equal to {_LONGEST_CELL} characters")
        if key and text:
            row.setdefault(key, text)
    return row


def lead_of(row: Row, owner: str | None) -> tuple[dict[str, Any], list[str]]:
    """Return a row as the fields of a new lead, and warnings of what was replaced. Raises RowFault with all broken rules."""
    partial = any(row.get(name) for name in _ADDRESS) and not _has_address(row)
    warnings = ["The address is incomplete: kept in the custom fields"] if partial else []
    fields: dict[str, Any] = {
        "contactInfo": _contact(row),
        "status": _choice(row, "status", rules.STATUSES, "new", warnings),
        "source": _choice(row, "source", rules.SOURCES, "other", warnings),
        "priority": _choice(row, "priority", rules.PRIORITIES, "medium", warnings),
        "assignedTo": owner,
        "customFields": _others(row),
        "tags": [tag.strip() for tag in re.split(r"[,;|]", row.get("tags", "")) if tag.strip()],
    }
    fields |= {"notes": row["notes"]} if row.get("notes") else {}
    fields |= _numbers(row, warnings)
    faults = rules.faults_of(fields, new=True)
    if faults:
        raise RowFault(", ".join(fault["message"] for fault in faults))
    return fields, warnings


def _contact(row: Row) -> dict[str, Any]:
    first, _, last = row.get("name", "").partition(" ")
    contact: dict[str, Any] = {
        "firstName": row.get("firstName", first).strip(),
        "lastName": row.get("lastName", last).strip(),
        "email": email_key(row.get("email")) or "",
        "phone": phone_key(row.get("phone")) or "",
        "preferredContactMethod": "email",
    }
    return contact | ({"address": {name: row[name] for name in _ADDRESS}} if _has_address(row) else {})


def _has_address(row: Row) -> bool:
    """Whether all of an address is there: a lead takes no half of one."""
    return all(row.get(name) for name in _ADDRESS)


def _choice(row: Row, name: str, allowed: Sequence[str], default: str, warnings: list[str]) -> str:
    text = row.get(name, "").lower().replace(" ", "_").replace("-", "_")
    if text and text not in allowed:
        warnings.append(f"Unknown {name} {row[name][:40]!r}: {default}")
    return text if text in allowed else default


def _numbers(row: Row, warnings: list[str]) -> dict[str, float]:
    found = {}
    for name, member, highest in (("value", "closeValue", float("inf")), ("score", "score", 100.0)):
        if not row.get(name):
            continue
        try:
            number = float(re.sub(r"[$,\s]", "", row[name]))
        except ValueError:
            number = -1.0
        if 0 <= number <= highest and number != float("inf"):
            found[member] = number
        else:
            warnings.append(f"{name} {row[name][:40]!r} is not looked at")
    return found


def _others(row: Row) -> dict[str, str]:
    known = {*_ALIASES.values()} - {"company", "title"} - (set() if _has_address(row) else {*_ADDRESS})
    safe = {re.sub(r"[.$]", "_", name)[:100]: text for name, text in row.items() if name not in known}
    return {name: text for name, text in safe.items() if name and name not in _NOT_IMPORTED}
