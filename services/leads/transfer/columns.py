"""Columns of files as fields of leads (contract/leads-rules.md §9): fields, names, rules of whole rows. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any

from core.api.parsing import json_value
from core.api.states import state_code
from core.imports.names import first_and_last, last_first
from core.imports.rows import LONGEST_CELL, Kind, Row
from core.imports.subjects import Broken, Field, Refused, Subject, choice
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
_WHOLE = ("firstName", "lastName")
ADDRESS = ("street", "city", "state", "zipCode")
DEFAULTS = {"status": "new", "source": "other", "priority": "medium"}
# Forms of Facebook write `p:+15125550101` and `z:78701`.
_FRONT = re.compile(r"(?:p|tel|phone):\s*", re.IGNORECASE)
_MAIL_FRONT = "mailto:"
_ZIP_FRONT = re.compile(r"z:\s*", re.IGNORECASE)
# What programs make of a column of numbers: 5125550101.0
_FRACTION = re.compile(r"(\+?[0-9]{10,})\.0*")
_EXTENSIONS = ("extension", "ext", "x", "#")
_LONGEST_EXTENSION = 6
_DIGITS = "0123456789"
_SCIENTIFIC = re.compile(r"[0-9.,]+e[+-]?[0-9]+", re.IGNORECASE)
_LARGEST = float(2**53)
_DATES = "dates of creation and change are the system's own"


def _phone(text: str) -> str:
    number, _ = _parted(text)
    digits = "".join(sign for sign in number if sign in _DIGITS)
    compact = f"+{digits}" if number.startswith("+") else digits
    if not rules.is_phone(compact) or _SCIENTIFIC.fullmatch(number):
        raise Broken("Invalid phone number format")
    key = phone_key(compact) or ""
    return key if key.startswith("+") else compact


def _parted(text: str) -> tuple[str, str]:
    """Return a phone number without what stands before it, and its extension."""
    front = _FRONT.match(text)
    number = text[front.end() :] if front else text
    fraction = _FRACTION.fullmatch(number)
    number = fraction[1] if fraction else number
    before = number.rstrip(_DIGITS)
    # RFC 3966 has `;ext=12`.
    extension, mark = number[len(before) :], before.rstrip(" .:=").lower()
    word = next((word for word in _EXTENSIONS if mark.endswith(word)), "")
    is_one = word and 0 < len(extension) <= _LONGEST_EXTENSION
    return (mark.removesuffix(word).rstrip(" ,;"), extension) if is_one else (number, "")


def _other_phone(text: str) -> str:
    try:
        return _phone(text)
    except Broken:
        return text


def _tags(text: str) -> list[str]:
    if text.startswith("["):
        try:
            found = json_value(text)
        except ValueError:
            found = None
        if isinstance(found, list) and all(isinstance(tag, str) for tag in found):
            return found
    return [tag.strip() for tag in re.split("[,;|]", text) if tag.strip()]


def _some_tags(text: str) -> list[str]:
    tags = [tag for tag in _tags(text) if tag.strip()]
    if not tags:
        raise Refused(f"tags {text[:40]!r} are not taken: there are none")
    return tags


def _email(text: str) -> str:
    """Return an e-mail address without what a hyperlink's begins with."""
    return email_key(text[len(_MAIL_FRONT) :] if text.lower().startswith(_MAIL_FRONT) else text) or ""


def tags_text(tags: Sequence[object]) -> str:
    """Return tags as a cell; as JSON when one of them holds what stands between tags."""
    texts = [str(tag) for tag in tags]
    text = "; ".join(texts)
    return text if _tags(text) == texts else json.dumps(texts, ensure_ascii=False)


def _state(text: str) -> str:
    return state_code(text) or text


def _zip_code(text: str) -> str:
    front = _ZIP_FRONT.match(text)
    return text[front.end() :] if front else text


def _contact(name: str, title: str, *others: str, **more: Any) -> Field:
    return Field(name, f"contactInfo.{name}", title, others, **more)


def _part(name: str, *others: str, **more: Any) -> Field:
    return Field(name, f"contactInfo.address.{name}", "", others, **more)


def _word(name: str, allowed: tuple[str, ...], *others: str) -> Field:
    return Field(name, name, name.title(), others, read=choice(name, allowed, DEFAULTS[name]))


_NAMES: tuple[str, ...] = ("fullname", "names", "firstlast", "firstnamelastname")
_PHONES: tuple[str, ...] = (
    "phonenumber",
    "mobile",
    "cell",
    "mobilephone",
    "cellphone",
    "telephone",
    "tel",
    "mobilenumber",
    "cellnumber",
)
_PHONES += ("phone1number", "wireless", "wirelessnumber", "homephone", "workphone", "workphonenumber", "landline")
_SECOND: tuple[str, ...] = (
    "secondphone",
    "secondaryphone",
    "otherphone",
    "altphone",
    "alternatephonenumber",
    "phone2",
    "phonenumber2",
)
_SECOND += ("mobile2", "cell2", "mobilephone2", "cellphone2", "phone2number")
_ZIPS: tuple[str, ...] = ("zip", "postalcode", "postcode", "addresszip", "addresszipcode", "addresspostalcode")

SUBJECT = Subject(
    fields=(
        _contact("firstName", "First Name", "first", "fname", "givenname", "forename"),
        _contact("lastName", "Last Name", "last", "lname", "surname", "familyname"),
        Field("name", "", "Full Name", _NAMES, limit=400, read=first_and_last, show=" ".join, fills=_WHOLE),
        Field(
            "lastFirst",
            "",
            "Last, First",
            ("lastnamefirstname",),
            limit=400,
            read=last_first,
            show=" ".join,
            fills=_WHOLE,
        ),
        _contact("email", "Email", "emailaddress", "mail", "workemail", limit=320, read=_email),
        _contact("phone", "Phone", *_PHONES, limit=40, read=_phone, spare="alternatePhone"),
        _contact("alternatePhone", "Alternate Phone", *_SECOND, limit=40, read=_other_phone),
        _part("street", "address", "streetaddress", "address1", "addressline1", "addressstreet", "street1", "line1"),
        _part("city", "town", "addresscity", limit=100),
        _part("state", "stateprovince", "province", "addressstate", "statecode", "region", limit=60, read=_state),
        _part("zipCode", *_ZIPS, limit=20, read=_zip_code),
        Field(
            "company", "customFields.company", "Company", ("companyname", "organization", "business", "businessname")
        ),
        Field("title", "customFields.title", "Title", ("jobtitle", "position")),
        _word("status", rules.STATUSES),
        _word("source", rules.SOURCES),
        _word("priority", rules.PRIORITIES),
        Field("value", "closeValue", "Value", ("closevalue", "estimatedvalue", "estvalue"), numbers=(0, _LARGEST)),
        Field("score", "score", "Score", numbers=(0, 100)),
        Field("tags", "tags", "Tags", ("taglist",), limit=LONGEST_CELL, read=_some_tags, show=tags_text),
        Field("notes", "notes", "Notes", ("note", "description", "comments", "comment"), limit=LONGEST_CELL),
    ),
    required=("firstName", "lastName", "email"),
    untaken=dict.fromkeys(("createdat", "createddate", "updatedat", "updateddate"), _DATES),
    fronts=(
        "owner1",
        "contact1",
        "owner",
        "seller",
        "contact",
        "lead",
        "homeowner",
        "user",
        "primary",
        "main",
        "customer",
        "client",
    ),
    address=ADDRESS,
    places=(
        ("", "address", "address1"),
        ("property", "propertyaddress", "subjectproperty", "situs", "site"),
        (
            "mailing",
            "mailingaddress",
            "mail",
            "owner",
            "ownermailing",
            "owneraddress",
            "owner1mailing",
            "home",
            "homeaddress",
            "contact",
        ),
    ),
)


def finish(row: Row) -> None:
    """Apply to a row what needs several cells: a whole name, a whole address, the rules of leads; its faults are added."""
    _split_name(row)
    _keep_extension(row, "phone")
    _keep_extension(row, "alternatePhone")
    _check_address(row)
    faults = rules.faults_of(fields_of(row), new=True)
    row.faults += [one["message"] for one in faults if one["field"].rpartition(".")[2] not in row.broken]


def fields_of(row: Row) -> Any:
    """Return a row as the fields of a new lead, as the API's body has them; what it does not fill has its default."""
    fields: dict[str, Any] = {
        "contactInfo": {"preferredContactMethod": "email"},
        "customFields": dict(row.custom),
        "tags": [],
    }
    fields |= DEFAULTS
    for name, value in row.values.items():
        *outer, last = SUBJECT.by_name[name].path.split(".")
        place = fields
        for member in outer:
            place = place.setdefault(member, {})
        place[last] = value
    return fields


def _split_name(row: Row) -> None:
    """Make first and last name of a whole name; beside other names it is kept as it is."""
    for field in ("name", "lastFirst"):
        whole = row.values.get(field)
        if whole is None:
            continue
        if set(_WHOLE) & row.values.keys():
            row.keep(field)
        for name, value in zip(_WHOLE, whole, strict=True):
            row.values.setdefault(name, value)
        row.values.pop(field, None)


def _keep_extension(row: Row, field: str) -> None:
    """Keep the extension of a number, which has no place in it."""
    cell = row.holder(field)
    if cell is None or cell.kind != Kind.CHANGED:
        return
    _, extension = _parted(cell.text)
    if extension:
        row.custom.setdefault(f"{field}Extension", extension)


def _check_address(row: Row) -> None:
    """Keep half an address, and one outside the country, in the custom fields: a lead has a whole one or none."""
    parts = [name for name in ADDRESS if name in row.values]
    state = row.values.get("state")
    if not parts:
        return
    if state is not None and state_code(state) is None:
        row.warnings.append(f"state {state[:40]!r} is none of the USA: the address is kept in the custom fields")
    elif len(parts) < len(ADDRESS):
        row.warnings.append("The address is incomplete: kept in the custom fields")
    else:
        return
    for name in parts:
        row.keep(name, name)
