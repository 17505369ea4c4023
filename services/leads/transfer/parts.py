"""One part of an import: its rows become leads, updates, or problems. An import stores it all in the running transaction, a dry
run nothing: both decide in the same way."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from core.documents.collection import now
from core.documents.database import Document
from core.documents.scope import TenantScope
from core.imports.accounts import Accounts
from core.imports.columns import is_note
from core.imports.rows import Reader, Row
from core.sheets import Line
from services.leads.leads.actions import new_lead, person_id
from services.leads.leads.documents import EMAIL, Contact, LeadDocument
from services.leads.leads.keys import keys_of, phone_key
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_changes, publish_leads
from services.leads.transfer.columns import SUBJECT, fields_of, finish
from services.leads.transfer.documents import ImportDocument, ProblemDocument
from services.leads.transfer.models import CELLS, PROBLEMS, columns_of

_KEPT = timedelta(days=7)
# Names and streets that are this alike, in percent, are probably the same person.
_LIKELY = 90
_LIKENESS_TEXT = 200
_NEIGHBOURS = 2_000
_REPLACED = ("source", "priority", "value", "score", "notes")
_SEEN = {"emailKey": 1, "phoneKey": 1, "contactInfo": 1, "customFields": 1, "tags": 1, "status": 1, "importId": 1}


class Options(NamedTuple):
    """What becomes of rows whose e-mail or phone a lead has already: nothing (a problem), a warning, or an update by e-mail."""

    skip_duplicates: bool = False
    update_existing: bool = False


class Candidate(NamedTuple):
    """A row that could be a lead."""

    number: int
    row: Row
    contact: Contact


def import_part(scope: TenantScope, run: ImportDocument, lines: list[Line]) -> "Part":
    """Import `lines` and return what became of them."""
    part = Part(scope, run)
    part.decide(lines)
    part.store()
    return part


class Part:
    """Rows of an import on their way. counts: how many were imported, updated, failed, skipped, warned of. accounts: where their
    cells went."""

    def __init__(self, scope: TenantScope, run: ImportDocument, *, samples: int = 0) -> None:
        self.scope, self.run = scope, run
        self.options = Options(**run["options"])
        self.columns = columns_of(run)
        self.reader = Reader(SUBJECT, self.columns, finish)
        self.counts: Counter[str] = Counter(imported=0, updated=0, failed=0, skipped=0, warned=0, told=0)
        self.accounts = Accounts(self.columns, samples=samples)
        self.problems: list[ProblemDocument] = []
        self.cells: list[ProblemDocument] = []
        self._new: list[LeadDocument] = []
        self._changes: list[tuple[LeadDocument, LeadDocument]] = []
        # Whose the e-mails and phones are, and which became free: a dry run stores no part for the next one to find.
        self._owners: dict[str, LeadDocument | None] = {}
        self._freed: set[str] = set()

    def decide(self, lines: Iterable[Line]) -> None:
        """Read rows, and decide for each what becomes of it: a new lead, an update, or a problem."""
        candidates = [one for line in lines if (one := self._read(line))]
        self._owners = {**self._taken(candidates), **self._owners}
        neighbours = self._neighbours(candidates)
        for candidate in candidates:
            self._place(candidate, neighbours)
            self._account(candidate)
        self.problems.sort(key=_row)
        self.cells.sort(key=_row)
        self._owners |= dict.fromkeys(self._freed)
        self._freed.clear()

    def store(self) -> None:
        """Write everything, and record its events."""
        view = LEADS.scoped(self.scope)
        publish_leads("created", view.insert_many(self._new))
        if self._changes:
            ids = [lead["_id"] for lead, _ in self._changes]
            before = {lead["_id"]: lead for lead in view.find({"_id": {"$in": ids}})}
            view.update_each([({"_id": lead["_id"]}, {"$set": fields}) for lead, fields in self._changes])
            after = view.find({"_id": {"$in": list(before)}})
            publish_changes((before[lead["_id"]], lead) for lead in after)
        PROBLEMS.scoped(self.scope).insert_many(self.problems + self.cells)

    def forget(self, most: int) -> None:
        """Keep of a dry run what is shown, and whose e-mails and phones are whose."""
        self._new.clear()
        self._changes.clear()
        del self.problems[most:], self.cells[most:]

    def _read(self, line: Line) -> Candidate | None:
        row = self.reader.row(line.cells, line.fault)
        candidate = Candidate(line.number, row, fields_of(row)["contactInfo"])
        if is_note(self.columns, row.texts):
            row.faults.clear()
            self._skip(candidate, "A note of a report, which is no lead")
        elif row.faults:
            self._fail(candidate, ", ".join(row.faults))
        else:
            return candidate
        self._account(candidate)
        return None

    def _place(self, candidate: Candidate, neighbours: dict[str, list[LeadDocument]]) -> None:
        keys = keys_of(candidate.contact)
        known = next((held for key in keys.values() if (held := self._owners.get(key))), None)
        if known is None:
            fields = fields_of(candidate.row) | {"assignedTo": self.run["userId"]}
            lead: LeadDocument = {**new_lead(self.scope, fields), "importId": self.run["importId"]}
            self._hint(candidate, neighbours)
            self._new.append(lead)
            self._owners |= dict.fromkeys(keys.values(), lead)
            self.counts["imported"] += 1
        elif self._may_update(known, keys.get("emailKey")):
            self._update(candidate, known)
        elif self.options.skip_duplicates or self.options.update_existing:
            self._skip(candidate, f"Duplicate lead found ({candidate.contact['email']})")
        else:
            self._fail(candidate, "Duplicate lead detected")

    def _may_update(self, known: LeadDocument, email: str | None) -> bool:
        made_here = known.get("importId") == self.run["importId"]
        return bool(self.options.update_existing and not made_here and email and email in _keys(known))

    def _update(self, candidate: Candidate, known: LeadDocument) -> None:
        """Set what a row fills in a lead that is there. Status, owner and e-mail stay, and a phone remains whose it is."""
        row = candidate.row
        status, phone = row.values.get("status"), phone_key(row.values.get("phone"))
        if status not in (None, known.get("status")):
            row.refuse("status", f"status {status!r} is not taken: the lead there is keeps {known.get('status')!r}")
        holder = self._owners.get(phone or "")
        if holder is not None and holder.get("_id") != known["_id"]:
            row.refuse("phone", f"phone {row.values['phone']!r} is not taken: another lead has it")
        changes = _changes(row, known)
        if known.get("phoneKey") not in (None, changes.get("phoneKey", known.get("phoneKey"))):
            self._freed.add(known["phoneKey"])
        # The next row may change the same lead.
        known.update(changes)
        self._owners |= {known["phoneKey"]: known} if "phoneKey" in changes else {}
        self._freed.discard(known.get("phoneKey", ""))
        self._changes.append((known, {**changes, "updatedBy": person_id(self.scope.actor_id)}))
        self.counts["updated"] += 1

    def _taken(self, candidates: Sequence[Candidate]) -> dict[str, LeadDocument]:
        """Return the live leads that have an e-mail or phone of the candidates, by it."""
        keys = [key for one in candidates for key in keys_of(one.contact).items()]
        emails, phones = ([value for name, value in keys if name == wanted] for wanted in ("emailKey", "phoneKey"))
        texts = [str(one.contact["email"]) for one in candidates]
        queries: list[Document] = [
            {"emailKey": {"$in": emails}},
            {"phoneKey": {"$in": phones}},
            # Leads of the old system have no keys: they are known by their text.
            {EMAIL: {"$in": texts}},
        ]
        found = LEADS.scoped(self.scope).find_any(queries, _SEEN) if candidates else []
        # One document for each lead, however many of its keys are asked for: changes of the first row are the second's.
        known = {lead["_id"]: lead for lead in self._owners.values() if lead and "_id" in lead}
        return {key: known.setdefault(lead["_id"], lead) for lead in found for key in _keys(lead)}

    def _neighbours(self, candidates: Sequence[Candidate]) -> dict[str, list[LeadDocument]]:
        """Return the live leads with a zip code of the candidates, by it: only these are compared by likeness."""
        zips = {_zip(one.contact) for one in candidates} - {""}
        query = {"contactInfo.address.zipCode": {"$in": sorted(zips)}, "importId": {"$ne": self.run["importId"]}}
        found = LEADS.scoped(self.scope).find(query, {"contactInfo": 1}, limit=_NEIGHBOURS) if zips else []
        blocks: dict[str, list[LeadDocument]] = {}
        for lead in found:
            blocks.setdefault(_zip(lead["contactInfo"]), []).append(lead)
        return blocks

    def _hint(self, candidate: Candidate, neighbours: dict[str, list[LeadDocument]]) -> None:
        who = _likeness_text(candidate.contact)
        for lead in neighbours.get(_zip(candidate.contact), []):
            likeness = fuzz.token_sort_ratio(who, _likeness_text(lead["contactInfo"]))
            if likeness >= _LIKELY:
                candidate.row.warnings.append(f"Probably the same as lead {lead['_id']} ({likeness:.0f} %)")
                return

    def _fail(self, candidate: Candidate, message: str) -> None:
        """Take nothing of a row: all of it goes into the report, to be corrected."""
        candidate.row.warnings.clear()
        candidate.row.refuse_all(message)
        self.counts["failed"] += 1
        # As pairs: titles of columns may be anything, member names may not.
        value: list[list[object]] = [[*pair] for pair in candidate.row.texts.items()]
        self.problems.append(self._noted(candidate.number, "error", message, value))

    def _skip(self, candidate: Candidate, message: str) -> None:
        candidate.row.warnings[:] = [message]
        candidate.row.refuse_all(message)
        self.counts["skipped"] += 1

    def _account(self, candidate: Candidate) -> None:
        """Note where the cells of a row went that has its place."""
        for warning in candidate.row.warnings:
            self.counts["warned"] += 1
            self.problems.append(self._noted(candidate.number, "warning", warning, []))
        told = self.accounts.add(candidate.row)
        if told:
            self.counts["told"] += len(told)
            self.cells.append(self._noted(candidate.number, CELLS, "", told))

    def _noted(self, number: int, kind: str, message: str, value: list[list[object]]) -> ProblemDocument:
        noted: ProblemDocument = {"importId": self.run["importId"], "row": number, "kind": kind, "message": message}
        return {**noted, "value": value, "expiresAt": now() + _KEPT}


def _row(problem: ProblemDocument) -> int:
    return int(problem["row"])


def _changes(row: Row, known: LeadDocument) -> LeadDocument:
    """Return the members of a lead that a row changes, whole ones: what an old lead has in their place may be null."""
    filled = fields_of(row)
    there = _object(known.get("contactInfo"))
    contact = {**there, **filled["contactInfo"]}
    contact |= {name: there[name] for name in ("email", "preferredContactMethod") if name in there}
    if "address" in filled["contactInfo"]:
        contact["address"] = {**_object(there.get("address")), **filled["contactInfo"]["address"]}
    changes: Any = {SUBJECT.by_name[name].path: row.values[name] for name in _REPLACED if name in row.values}
    changes["contactInfo"] = contact
    if filled["customFields"]:
        changes["customFields"] = {**_object(known.get("customFields")), **filled["customFields"]}
    if filled["tags"]:
        # An old lead's may be null.
        changes["tags"] = list(dict.fromkeys([*(known.get("tags") or []), *filled["tags"]]))
    key = phone_key(row.values.get("phone"))
    return changes | ({"phoneKey": key} if key else {})


def _keys(lead: LeadDocument) -> Iterable[str]:
    contact = lead.get("contactInfo")
    made = keys_of(contact) if isinstance(contact, dict) else {}
    return {value for value in (lead.get("emailKey"), lead.get("phoneKey"), *made.values()) if value}


def _zip(contact: Contact) -> str:
    return str(_object(contact.get("address")).get("zipCode") or "")


def _likeness_text(contact: Contact) -> str:
    street = _object(contact.get("address")).get("street", "")
    return f"{contact.get('firstName', '')} {contact.get('lastName', '')} {street}".lower()[:_LIKENESS_TEXT]


def _object(value: object) -> Document:
    return value if isinstance(value, dict) else {}
