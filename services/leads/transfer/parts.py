"""One part of an import: its rows become leads, updates, or problems, in the running transaction."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from core.documents.collection import now
from core.documents.database import Document
from core.documents.scope import TenantScope
from core.sheets import Line
from services.leads.leads.actions import new_lead, person_id
from services.leads.leads.keys import keys_of
from services.leads.leads.models import LEADS
from services.leads.leads.publishing import publish_changes, publish_leads
from services.leads.transfer.columns import Row, RowFault, lead_of, row_of
from services.leads.transfer.models import PROBLEMS

_KEPT = timedelta(days=7)
# Names and streets that are this alike, in percent, are probably the same person.
_LIKELY = 90
_LIKENESS_TEXT = 200
_NEIGHBOURS = 2_000
_SEEN = {"emailKey": 1, "phoneKey": 1, "contactInfo": 1}


class Options(NamedTuple):
    """What becomes of rows whose e-mail or phone a lead has already: nothing (a problem), a warning, or an update by e-mail."""

    skip_duplicates: bool = False
    update_existing: bool = False


class Candidate(NamedTuple):
    """A row that could be a lead."""

    number: int
    row: Row
    fields: dict[str, Any]


def import_part(scope: TenantScope, run: Document, lines: list[Line]) -> Counter[str]:
    """Import `lines`; return how many were imported, updated, failed, skipped."""
    work = _Part(scope, run)
    candidates = [one for line in lines if (one := work.read(line))]
    work.sort_out(candidates)
    work.store()
    return work.counts


class _Part:
    def __init__(self, scope: TenantScope, run: Document) -> None:
        self.scope, self.run = scope, run
        self.options = Options(**run["options"])
        self.counts: Counter[str] = Counter(imported=0, updated=0, failed=0, skipped=0)
        self.new: list[Document] = []
        self.changes: list[tuple[Document, dict[str, Any]]] = []
        self.problems: list[Document] = []

    def read(self, line: Line) -> Candidate | None:
        number, cells, broken = line
        row: Row = {}
        try:
            row = row_of(self.run["keys"], cells)
            if broken:
                raise RowFault(broken)
            fields, warnings = lead_of(row, self.run["userId"])
        except RowFault as fault:
            self._fail(number, str(fault), row)
            return None
        for warning in warnings:
            self._warn(number, warning)
        return Candidate(number, row, fields)

    def sort_out(self, candidates: list[Candidate]) -> None:
        """Decide for each candidate: a new lead, an update, or a duplicate."""
        taken, neighbours = self._taken(candidates), self._neighbours(candidates)
        for candidate in candidates:
            keys = keys_of(candidate.fields["contactInfo"])
            known = next((taken[key] for key in keys.values() if key in taken), None)
            if known is None:
                lead = {**new_lead(self.scope, candidate.fields), "importId": self.run["importId"]}
                self._hint(candidate, neighbours)
                self.new.append(lead)
                taken |= dict.fromkeys(keys.values(), lead)
            else:
                self._duplicate(candidate, known, keys.get("emailKey"))

    def store(self) -> None:
        """Write everything, and tell of it."""
        view = LEADS.scoped(self.scope)
        publish_leads("created", view.insert_many(self.new))
        self.counts["imported"] += len(self.new)
        if self.changes:
            before = {
                lead["_id"]: lead for lead in view.find({"_id": {"$in": [one["_id"] for one, _ in self.changes]}})
            }
            view.update_each([({"_id": lead["_id"]}, {"$set": fields}) for lead, fields in self.changes])
            after = view.find({"_id": {"$in": list(before)}})
            publish_changes((before[lead["_id"]], lead) for lead in after)
        PROBLEMS.scoped(self.scope).insert_many(self.problems)

    def _duplicate(self, candidate: Candidate, known: Document, email: str | None) -> None:
        made_here = "importId" in known and known["importId"] == self.run["importId"]
        if self.options.update_existing and not made_here and email and email in _keys(known):
            self.changes.append((known, _update_of(self.scope, candidate.fields)))
            self.counts["updated"] += 1
        elif self.options.skip_duplicates or self.options.update_existing:
            self._warn(candidate.number, f"Duplicate lead found ({candidate.fields['contactInfo']['email']})")
            self.counts["skipped"] += 1
        else:
            self._fail(candidate.number, "Duplicate lead detected", candidate.row)

    def _taken(self, candidates: list[Candidate]) -> dict[str, Document]:
        """Return the live leads that have an e-mail or phone of the candidates, by it."""
        keys = [key for one in candidates for key in keys_of(one.fields["contactInfo"]).items()]
        emails, phones = ([value for name, value in keys if name == wanted] for wanted in ("emailKey", "phoneKey"))
        texts = [str(one.fields["contactInfo"]["email"]) for one in candidates]
        queries: list[Document] = [
            {"emailKey": {"$in": emails}},
            {"phoneKey": {"$in": phones}},
            # Leads of the old system have no keys: they are known by their text.
            {"contactInfo.email": {"$in": texts}},
        ]
        found = LEADS.scoped(self.scope).find_any(queries, {**_SEEN, "importId": 1}) if candidates else []
        return {key: lead for lead in found for key in _keys(lead)}

    def _neighbours(self, candidates: list[Candidate]) -> dict[str, list[Document]]:
        """Return the live leads with a zip code of the candidates, by it: only these are compared by likeness."""
        zips = {_zip(one.fields["contactInfo"]) for one in candidates} - {""}
        query = {"contactInfo.address.zipCode": {"$in": sorted(zips)}}
        found = LEADS.scoped(self.scope).find(query, {"contactInfo": 1}, limit=_NEIGHBOURS) if zips else []
        blocks: dict[str, list[Document]] = {}
        for lead in found:
            blocks.setdefault(_zip(lead["contactInfo"]), []).append(lead)
        return blocks

    def _hint(self, candidate: Candidate, neighbours: dict[str, list[Document]]) -> None:
        who = _likeness_text(candidate.fields["contactInfo"])
        for lead in neighbours.get(_zip(candidate.fields["contactInfo"]), []):
            likeness = fuzz.token_sort_ratio(who, _likeness_text(lead["contactInfo"]))
            if likeness >= _LIKELY:
                self._warn(candidate.number, f"Probably the same as lead {lead['_id']} ({likeness:.0f} %)")
                return

    def _fail(self, number: int, message: str, row: Row) -> None:
        self.counts["failed"] += 1
        self._note(number, "error", message, row)

    def _warn(self, number: int, message: str) -> None:
        self._note(number, "warning", message, {})

    def _note(self, number: int, kind: str, message: str, row: Row) -> None:
        noted = {"importId": self.run["importId"], "row": number, "kind": kind, "message": message}
        # As pairs: titles of columns may be anything, member names may not.
        self.problems.append({**noted, "value": [[*pair] for pair in row.items()], "expiresAt": now() + _KEPT})


def _update_of(scope: TenantScope, fields: dict[str, Any]) -> Document:
    """Return what a row changes of a lead that is there: its filled cells; status, owner and e-mail stay."""
    contact = {name: value for name, value in fields["contactInfo"].items() if value and name != "email"}
    contact.pop("preferredContactMethod")
    changes = {f"contactInfo.{name}": value for name, value in contact.items() if name != "phone"}
    changes |= {f"customFields.{name}": value for name, value in fields["customFields"].items()}
    changes |= {name: fields[name] for name in ("closeValue", "score", "notes") if name in fields}
    return changes | {"updatedBy": person_id(scope.actor_id)}


def _keys(lead: Document) -> Iterable[str]:
    contact = lead.get("contactInfo")
    made = keys_of(contact) if isinstance(contact, dict) else {}
    return {value for value in (lead.get("emailKey"), lead.get("phoneKey"), *made.values()) if value}


def _zip(contact: Document) -> str:
    address = contact.get("address")
    return str(address.get("zipCode") or "") if isinstance(address, dict) else ""


def _likeness_text(contact: Document) -> str:
    street = contact["address"].get("street", "") if isinstance(contact.get("address"), dict) else ""
    return f"{contact.get('firstName', '')} {contact.get('lastName', '')} {street}".lower()[:_LIKENESS_TEXT]
