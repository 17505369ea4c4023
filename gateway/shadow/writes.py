"""Judges a write: what the service would have answered, stored and told, beside what the old system answered and stored.

A write is never sent to both. MongoDB tells how the document was before; on that the service tries the same request in a
transaction that is always aborted (`core.dryrun`).
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
from pymongo.database import Database
from pymongo.errors import PyMongoError

from gateway.shadow import images
from gateway.shadow.changes import Change, Changes
from gateway.shadow.compare import deviations, shown, unexplained
from gateway.shadow.dryrun import Document, DryRuns, Outcome, Unjudged
from gateway.shadow.exchange import Answer, Difference, Exchange, Judgement
from gateway.shadow.explanations import Explanation, explanations
from gateway.shadow.reads import asked_of
from gateway.shadow.stored import Comparison, Rules, only_ours, rules, shape

log = logging.getLogger("gateway.shadow")

# Between the clocks of the gateway and of MongoDB.
_SKEW = timedelta(milliseconds=500)
# How long to wait for the changes of an exchange that is complete.
_PATIENCE_SECONDS = 5.0
_ID = re.compile("[0-9a-fA-F]{24}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOST_TEXT = 1_000_000

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Writes:
    """The judge of writes. services: of each group; known: the rules that explain differences between answers."""

    changes: Changes
    dry_runs: DryRuns
    services: Mapping[str, str]
    known: list[Explanation]

    def judge(self, exchange: Exchange) -> Judgement:
        """Return what comparing a write found. It waits until its changes are known: call it in a thread."""
        try:
            found = tuple(self._differences(exchange))
        except Unjudged as doubt:
            return Judgement("unjudged", reason=str(doubt))
        return Judgement("different" if found else "same", found)

    def _differences(self, exchange: Exchange) -> Iterator[Difference]:
        if exchange.side != "legacy":
            raise Unjudged("answered by the service")
        if exchange.answer.status >= 500:
            raise Unjudged("the old system failed")
        service = self.services[exchange.group]
        written = self._written(exchange, service)
        befores = [(one.collection, one.key, None if one.kind == "insert" else one.before) for one in written.values()]
        began = datetime.now(UTC)
        outcome = self.dry_runs.ask(service, exchange, befores)
        comparison = Comparison((exchange.sent, exchange.answered), (began, datetime.now(UTC)))
        stored = [*_between_stored(comparison, written, outcome), *_untold(outcome)]
        answered = self._between_answers(exchange, _aligned(comparison, exchange.answer, outcome.answer))
        yield from answered
        # What is stored follows from the status: another one that is explained explains it, too.
        explained = exchange.answer.status != outcome.answer.status and all(one.where != "status" for one in answered)
        yield from () if explained else stored

    def _between_answers(self, exchange: Exchange, answer: Answer) -> list[Difference]:
        found = unexplained(asked_of(exchange), deviations(exchange.answer, answer), self.known)
        return [shown(one) for one in found]

    def _written(self, exchange: Exchange, service: str) -> dict[Key, Change]:
        """Return the changes that the old system made for this exchange."""
        start, end = exchange.sent - _SKEW, exchange.answered + _SKEW
        if not self.changes.complete(start, end, _PATIENCE_SECONDS):
            raise Unjudged("the changes of that time are not known")
        known = rules()
        near = [one for one in self.changes.between(start, end) if _is_write(one, service, known)]
        paths, ids = _ids(exchange.path), _ids_of(exchange)
        own = [one for one in near if _is_about(one, paths, ids, known[one.collection].made)]
        unattributed = near if not own and exchange.answer.status < 400 else own
        if any(_lacks_images(one) for one in unattributed):
            raise Unjudged("no images of the document")
        if len(unattributed) > len(own):
            raise Unjudged("another write at the same time")
        found = {(one.collection, str(one.key)): one for one in own}
        if len(found) < len(own):
            raise Unjudged("another write between")
        return found


def judge_of(
    database: Database[Any], secret: str, socket: Path, services: Mapping[str, str], stopping: threading.Event
) -> Callable[[Exchange], Judgement]:
    """Return the judge of writes, and let it follow the changes of `database`, which both systems share, until `stopping` is set.
    socket: of Envoy's listener for the agent."""
    changes = Changes(database, rules())
    client = httpx.Client(transport=httpx.HTTPTransport(uds=str(socket)))
    threading.Thread(target=_follow, args=(changes, database, stopping), name="changes", daemon=True).start()
    return Writes(changes, DryRuns(secret, client), services, explanations()).judge


def _follow(changes: Changes, database: Database[Any], stopping: threading.Event) -> None:
    try:
        images.keep(database)
    except PyMongoError as error:
        log.warning("writes cannot be judged until images are kept: %s", error)
    changes.run(stopping)


def _is_write(change: Change, service: str, known: Mapping[str, Rules]) -> bool:
    """Whether it is a write of the old system, and not what the bridge or any request leaves behind."""
    found = known.get(change.collection)
    if found is None or found.service != service:
        return False
    return change.kind != "update" or not change.touched <= found.passed_over


def _lacks_images(change: Change) -> bool:
    return (change.kind != "insert" and change.before is None) or (change.kind != "delete" and change.after is None)


def _is_about(change: Change, paths: set[str], ids: set[str], made: frozenset[str]) -> bool:
    """Whether the document is named by the request or its answer, or belongs to what the path names."""
    document = {"_id": change.key, **(change.after or change.before or {})}
    if any(str(document.get(name)).lower() in ids for name in made):
        return True
    return any(str(value).lower() in paths for value in document.values())


def _ids_of(exchange: Exchange) -> set[str]:
    texts = [
        exchange.path,
        *(part[:_MOST_TEXT].decode("utf-8", "replace") for part in (exchange.body, exchange.answer.body)),
    ]
    return {one for text in texts for one in _ids(text)}


def _ids(text: str) -> set[str]:
    return {one.lower() for one in _ID.findall(unquote(urlsplit(text).path if text.startswith("/") else text))}


# -- what was stored ---------------------------------------------------------------------------------------------------------
def _between_stored(comparison: Comparison, written: Mapping[Key, Change], outcome: Outcome) -> Iterator[Difference]:
    new = [one for one in outcome.stored if one.collection not in only_ours()]
    made = [one for one in written.values() if one.kind == "insert"]
    for document in new:
        change = written.get((document.collection, str(document.key))) or _counterpart(made, document)
        old = change.after if change else None
        known = rules().get(document.collection)
        if known is None:
            raise Unjudged(f"nothing is known of {document.collection}")
        yield from comparison.documents(document.collection, old, document.after, known)
    done = {(one.collection, str(one.key)) for one in new}
    left = [one for one in written.values() if one.kind != "insert" and (one.collection, str(one.key)) not in done]
    for change in [*left, *made]:
        # The service changed nothing: it would be as it was.
        yield from comparison.documents(change.collection, change.after, change.before, rules()[change.collection])


def _counterpart(made: list[Change], document: Document) -> Change | None:
    """Take the first document that the old system made in the same collection."""
    found = next((one for one in made if one.collection == document.collection), None)
    if found is not None:
        made.remove(found)
    return found


def _untold(outcome: Outcome) -> Iterator[Difference]:
    """Documents that others keep copies of, without an event that tells what they are now."""
    for document in outcome.stored:
        if document.told is None or document.after is None:
            continue
        events = [
            event
            for event in outcome.events
            if event["entityId"] == str(document.key) and event["entityVersion"] == document.after.get("rev")
        ]
        if not events:
            yield Difference(f"event {document.collection}", "an event", "(none)", "missing")
        for event in events:
            yield from _told_wrong(event, document.told)


def _told_wrong(event: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Difference]:
    for name, value in told.items():
        # What it was before is told by the event alone.
        if value is not None and event["payload"].get(name) != value:
            yield Difference(f"event {event['name']}.{name}", shape(value), shape(event["payload"].get(name)))


# -- what was answered -------------------------------------------------------------------------------------------------------
def _aligned(comparison: Comparison, old: Answer, new: Answer) -> Answer:
    """Return the new answer with the ids and times of the old one where each side made its own."""
    try:
        theirs, ours = json.loads(old.body), json.loads(new.body)
    except ValueError:
        return new
    return replace(new, body=json.dumps(_aligned_value(comparison, theirs, ours), ensure_ascii=False).encode())


def _aligned_value(comparison: Comparison, old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {name: _aligned_value(comparison, old.get(name), value) for name, value in new.items()}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [_aligned_value(comparison, one, other) for one, other in zip(old, new, strict=True)]
    return old if comparison.corresponds(old, new) else new
