"""A scan of a service's collections for documents that the old system or the services cannot read, and the repairs that are safe.

Reads in batches, from a secondary where there is one, with a pause after each; keeps counts and a few ids, never values.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.errors import BSONError
from bson.raw_bson import RawBSONDocument
from pymongo import ReadPreference
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import DuplicateKeyError

from core.documents.collection import Collection, Declared
from core.documents.derived import Derived, derived_of
from core.documents.driver import raw
from core.documents.ids import object_id
from core.documents.schemas import Schema, faults_of, schemas_of

_EXAMPLES = 5
_STRICT: CodecOptions[dict[str, object]] = CodecOptions(tz_aware=True)
# Reads what the strict one refuses, so that the document's id can be told.
_LENIENT: CodecOptions[dict[str, object]] = CodecOptions(
    tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO, unicode_decode_error_handler="replace"
)
_MISSING = object()
_NOT_READABLE = "unreadable"

_FIXES = {
    "missing": "Write the member, or delete the document: the old system refuses to save it, whatever is changed.",
    "null": "Remove the member: the old system then fills in its default.",
    "type": "Write the value in the right type.",
    "enum": "Write one of the words; the old system refuses to save another one.",
    _NOT_READABLE: "Correct or remove the value: the services' driver cannot read the document (a date beyond the year 9999, a "
    "text that is not UTF-8).",
    "form": "Write the id as an ObjectId: the services look for it in this form only.",
    "tenant": "Give it the tenant's document id, or delete it: nobody can see it.",
    "key": "Write the key that its address or phone has now; until then the same one is not known as a duplicate.",
    "taken": "Merge the two: another live document of the tenant has the key, so this one is known by its text only.",
    "held": "Remove the key: a deleted document keeps its address from being used again.",
    "duplicates": "Merge or delete all but one: `prepare` cannot build the unique index.",
}
_SAFE = {"null", "type", "form", "key", "held"}


@dataclass(slots=True)
class Finding:
    """What is wrong with some documents of a collection. side: who cannot read them, `old`, `services` or `both`; count: how
    many; fixable: how many of them a safe repair exists for, fixed: has repaired."""

    collection: str
    kind: str
    side: str
    text: str
    count: int = 0
    fixable: int = 0
    fixed: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def fix(self) -> str:
        """What to do about it, in words."""
        return _FIXES[self.kind]

    def told(self) -> dict[str, object]:
        """Return it for programs."""
        named = {"collection": self.collection, "kind": self.kind, "unreadableFor": self.side, "text": self.text}
        return {
            **named,
            "count": self.count,
            "fixable": self.fixable,
            "fixed": self.fixed,
            "ids": self.examples,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with a document. repair: the update that corrects it, with what must still be so, or None."""

    kind: str
    side: str
    text: str
    repair: tuple[Mapping[str, object], Mapping[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """How a service is checked. tenants: the ids of all tenants as text, or None where they are not known; pause: seconds after
    each batch; fixes: whether safe repairs are made; progress: called with a collection, and how many documents were read."""

    service: str
    tenants: frozenset[str] | None
    fixes: bool = False
    batch: int = 500
    pause: float = 0.02
    progress: Callable[[str, int], None] = lambda name, count: None


def check(declared: Declared, scan: Scan) -> Iterator[Finding]:
    """Yield what is wrong with the documents of a collection, each kind once."""
    found: dict[tuple[str, str], Finding] = {}
    examine = _examiner(declared, scan)
    for document_id, wrongs in examine:
        for wrong in wrongs:
            new = Finding(declared.name, wrong.kind, wrong.side, wrong.text)
            finding = found.setdefault((wrong.kind, wrong.text), new)
            _note(finding, document_id)
            if wrong.repair and wrong.kind in _SAFE:
                finding.fixable += 1
                finding.fixed += scan.fixes and _repaired(declared, document_id, wrong.repair)
    yield from found.values()
    yield from _duplicates(declared)


def _note(finding: Finding, document_id: object) -> None:
    finding.count += 1
    if len(finding.examples) < _EXAMPLES:
        finding.examples.append(str(document_id))


def _examiner(declared: Declared, scan: Scan) -> Iterator[tuple[object, list[Wrong]]]:
    schema = schemas_of(scan.service).get(declared.name)
    derived = derived_of(scan.service).get(declared.name)
    for read, document in enumerate(_documents(declared, scan), 1):
        if read % scan.batch == 0:
            scan.progress(declared.name, read)
            time.sleep(scan.pause)
        try:
            whole = bson.decode(document.raw, _STRICT)
        except (BSONError, OverflowError, ValueError):
            lenient = bson.decode(document.raw, _LENIENT)
            yield lenient.get("_id"), [Wrong(_NOT_READABLE, "services", "the services' driver cannot read it")]
            continue
        wrongs = [*_by_schema(whole, schema)] if schema else []
        wrongs += _tenant(declared, whole, schema, scan.tenants)
        wrongs += _keys(declared, whole, derived) if derived else ()
        yield whole.get("_id"), wrongs


def _documents(declared: Declared, scan: Scan) -> Iterable[RawBSONDocument]:
    options: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
    source: MongoCollection[RawBSONDocument] = raw(declared).with_options(
        codec_options=options, read_preference=ReadPreference.SECONDARY_PREFERRED
    )
    return source.find({}, batch_size=scan.batch).hint([("_id", 1)])


def _by_schema(document: Mapping[str, object], schema: Schema) -> Iterator[Wrong]:
    types = schema.types()
    for fault in faults_of(document, schema):
        value, member = document.get(fault.member), fault.member
        if fault.kind == "missing" and member in schema.defaulted:
            yield Wrong("null", "old", fault.text, ({member: None}, {"$unset": {member: ""}}))
            continue
        cast = _cast(value, types.get(member, "")) if fault.kind == "type" else None
        repair = None if cast is None else ({member: value}, {"$set": {member: cast}})
        yield Wrong(fault.kind, "both" if fault.kind == "type" else "old", fault.text, repair)
    for member in schema.objectid:
        value = document.get(member)
        key = object_id(value) if isinstance(value, str) else None
        if key is not None:
            yield Wrong("form", "services", f"{member} is a text", ({member: value}, {"$set": {member: key}}))


def _cast(value: object, wanted: str) -> object | None:
    """Return `value` in the type that is wanted, as Mongoose reads it, or None when that would guess."""
    if wanted == "string" and isinstance(value, bson.ObjectId):
        return str(value)
    if wanted == "date" and isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if wanted == "number" and isinstance(value, bson.Decimal128 | str):
        return _number(str(value))
    return None


def _number(text: str) -> float | int | None:
    try:
        number = float(text)
        same = Decimal(repr(number)) == Decimal(text)
    except (ValueError, InvalidOperation):
        return None
    if not same:
        return None
    return int(number) if number.is_integer() else number


def _tenant(
    declared: Declared, document: Mapping[str, object], schema: Schema | None, tenants: frozenset[str] | None
) -> Iterator[Wrong]:
    if not isinstance(declared, Collection) or tenants is None or schema is None:
        return
    tenant = document.get("tenantId")
    if tenant is not None and str(tenant) not in tenants:
        yield Wrong("tenant", "both", "tenantId names no tenant")


def _keys(declared: Declared, document: Mapping[str, object], derived: Derived) -> Iterator[Wrong]:
    deleted = declared.soft_delete and document.get("deletedAt") is not None
    computed = {} if deleted else derived.compute(document)
    for member in derived.members:
        held, wanted = document.get(member, _MISSING), computed.get(member, _MISSING)
        if held == wanted:
            continue
        as_it_is = {member: {"$exists": False} if held is _MISSING else held}
        if wanted is _MISSING:
            kind, text = (
                ("held", f"deleted, and still has {member}") if deleted else ("key", f"{member} is of no address now")
            )
            yield Wrong(kind, "services", text, (as_it_is, {"$unset": {member: ""}}))
        else:
            text = f"{member} is missing" if held is _MISSING else f"{member} is not of its address or phone now"
            yield Wrong("key", "services", text, (as_it_is, {"$set": {member: wanted}}))


def _repaired(
    declared: Declared, document_id: object, repair: tuple[Mapping[str, object], Mapping[str, object]]
) -> bool:
    """Make a repair unless the document changed meanwhile; no new revision, as nothing else must learn of it."""
    as_it_is, update = repair
    try:
        return raw(declared).update_one({"_id": document_id, **as_it_is}, update).modified_count > 0
    except DuplicateKeyError:
        return False


def _duplicates(declared: Declared) -> Iterator[Finding]:
    """Yield what a unique index that is not built yet would refuse."""
    collection = raw(declared).with_options(read_preference=ReadPreference.SECONDARY_PREFERRED)
    built = {tuple(spec["key"]) for spec in raw(declared).list_indexes() if spec.get("unique")}
    for index in declared.indexes:
        wanted = index.document
        keys = tuple(wanted["key"])
        if not wanted.get("unique") or keys in built:
            continue
        covered = dict(wanted.get("partialFilterExpression") or {})
        if wanted.get("sparse"):
            covered = {"$or": [{key: {"$exists": True}} for key in keys]}
        finding = Finding(declared.name, "duplicates", "services", f"the same {', '.join(keys)}")
        for group in collection.aggregate(_groups(keys, covered), allowDiskUse=True):
            for document_id in group["ids"][1:]:
                _note(finding, document_id)
            finding.count += group["n"] - len(group["ids"])
        if finding.count:
            yield finding


def _groups(keys: Sequence[str], covered: Mapping[str, object]) -> list[Mapping[str, object]]:
    by = {f"k{number}": {"$ifNull": [f"${key}", None]} for number, key in enumerate(keys)}
    counted = {"_id": by, "n": {"$sum": 1}, "ids": {"$firstN": {"input": "$_id", "n": _EXAMPLES + 1}}}
    return [{"$match": covered}, {"$group": counted}, {"$match": {"n": {"$gt": 1}}}]
