"""Mistyped fields in MongoDB's notation, as mypy sees them with the plugin .ci/document_fields.py."""

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[2]
_CONFIGURATION = f"""[tool.mypy]
plugins = ["{ROOT}/.ci/document_fields.py"]
follow_imports = "silent"
ignore_missing_imports = true
"""
_BEGINNING = """
from datetime import datetime
from core.documents.collection import Collection, PlainCollection
from core.documents.scope import TenantScope
from core.documents.shapes import Owned, Stored
from typing import TypedDict


class Contact(TypedDict, total=False):
    email: str


class Event(TypedDict, total=False):
    type: str


class LeadDocument(Owned, total=False):
    status: str
    contact: Contact | None
    events: list[Event]
    free: dict[str, object]


class SessionDocument(Stored, total=False):
    token: str


SESSIONS = PlainCollection[SessionDocument]("sessions", service="auth")
leads = Collection[LeadDocument]("leads", service="leads").scoped(TenantScope("t"))
words: dict[str, object] = {}
"""
_RIGHT = """
leads.find_one({"_id": 1, "tenantId": "t", "rev": 1, "createdAt": 1, "deletedAt": None, "__v": 0, "status": "new"})
leads.find({"$or": [{"contact.email": "e"}, {"events.0.type": "t"}], "$text": {"$search": "x"}}, {"status": 1, "_id": 0})
leads.find({"free.whatever.else": 1, "events": {"$elemMatch": {"type": "t"}}}, sort=[("createdAt", -1), ("_id", -1)])
leads.update_one({}, {"$set": {"contact": {"email": "e"}, "events.$.type": "t"}, "$inc": {"rev": 1}})
leads.update_one(words, {"$push": {"events": {"$each": [{"type": "t"}], "$slice": -5}}, "$unset": {"status": ""}})
leads.upsert_each([({"status": "new"}, {"contact": {"$cond": [True, "$contact", {"any": 1}]}, "events.0.type": "t"})])
leads.aggregate([{"$match": {"status": "new"}}, {"$group": {"_id": "$status", "count": {"$sum": 1}}}])
SESSIONS.find_one({"token": "t"} | words, ["token"])
"""
_WRONG = {
    'leads.find_one({"statuss": 1})': 'LeadDocument has no field "statuss"',
    'leads.count({**words, "statuss": 1})': 'LeadDocument has no field "statuss"',
    'leads.find_one({"contact.mail": 1})': 'Contact has no field "mail" ("contact.mail")',
    'leads.find_any([{"status": 1}, {"statuss": 1}])': 'LeadDocument has no field "statuss"',
    'leads.exists({"$and": [{"$or": [{"statuss": 1}]}]})': 'LeadDocument has no field "statuss"',
    'leads.find({"events": {"$elemMatch": {"typ": 1}}})': 'Event has no field "typ"',
    'leads.find({"events.typ": 1})': 'Event has no field "typ" ("events.typ")',
    'leads.find({}, {"statuss": 1})': 'LeadDocument has no field "statuss"',
    'leads.find({}, ["statuss"])': 'LeadDocument has no field "statuss"',
    'leads.find({}, sort=[("statuss", 1)])': 'LeadDocument has no field "statuss"',
    'leads.distinct("statuss", {})': 'LeadDocument has no field "statuss"',
    'leads.aggregate([{"$match": {"statuss": 1}}])': 'LeadDocument has no field "statuss"',
    'leads.update_one({}, {"$set": {"statuss": 1}})': 'LeadDocument has no field "statuss"',
    'leads.update_many({}, {"$unset": {"statuss": 1}} | words)': 'LeadDocument has no field "statuss"',
    'leads.update_and_get({}, {"$inc": {"revision": 1}})': 'LeadDocument has no field "revision"',
    'leads.update_one({}, {"$set": {"contact": {"mail": 1}}})': 'Contact has no field "mail"',
    'leads.update_one({}, {"$push": {"events": {"$each": [{"typ": 1}]}}})': 'Event has no field "typ"',
    'leads.update_one({}, {"status": 1})': '"status" is no operator of an update',
    'leads.update_each([({"statuss": 1}, {"$set": {}}) for _ in "ab"])': 'LeadDocument has no field "statuss"',
    'leads.update_each([({}, {"$set": {"statuss": 1}})])': 'LeadDocument has no field "statuss"',
    'leads.upsert_each([({"statuss": 1}, {}) for _ in "ab"])': 'LeadDocument has no field "statuss"',
    'leads.upsert_each([({}, {"statuss": {"$ifNull": ["$status", 1]}})])': 'LeadDocument has no field "statuss"',
    'SESSIONS.delete_many({"status": 1})': 'SessionDocument has no field "status"',
    'SESSIONS.get_and_update({}, {"$set": {"tenantId": 1}})': 'SessionDocument has no field "tenantId"',
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of each line of a module of right and wrong calls."""
    folder = tmp_path_factory.mktemp("fields")
    module, configuration = folder / "calls.py", folder / "mypy.toml"
    configuration.write_text(_CONFIGURATION)
    module.write_text("\n".join([_BEGINNING, _RIGHT, *_WRONG, ""]))
    output, trouble, _ = api.run(["--config-file", str(configuration), "--cache-dir", str(folder), str(module)])
    assert not trouble
    lines = module.read_text().splitlines()
    said: dict[str, list[str]] = {}
    for number, text in re.findall(r"calls\.py:(\d+): error: (.*)  \[document-field\]", output):
        said.setdefault(lines[int(number) - 1], []).append(text)
    assert output.count(": error: ") == sum(map(len, said.values())), output
    return said


@pytest.mark.parametrize("call", _WRONG)
def test_a_mistyped_field_is_found(told: dict[str, list[str]], call: str) -> None:
    assert [text for text in told.get(call, []) if text.startswith(_WRONG[call])]


def test_right_fields_stamps_free_members_and_variables_pass(told: dict[str, list[str]]) -> None:
    assert not [text for line in _RIGHT.splitlines() for text in told.get(line, [])]


def test_make_lint_uses_the_plugin() -> None:
    assert ".ci/document_fields.py" in (ROOT / "pyproject.toml").read_text()
