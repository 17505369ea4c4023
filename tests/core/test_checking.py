"""`manage.py data_check`: what either side cannot read is found, by ids; only what is safe is repaired, and nothing unasked."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from bson import ObjectId
from bson.datetime_ms import DatetimeMS
from django.core.management import CommandError, call_command

from core.documents.driver import database as mongo
from tests.conftest import TENANT, Api, Caller
from tests.leads.test_leads import create

pytestmark = pytest.mark.usefixtures("database")


def checked(*words: str) -> tuple[int, list[dict[str, Any]], str]:
    """Exit code, findings, and all that was said."""
    said, code = StringIO(), 0
    try:
        call_command("data_check", *words, "--json", "--pause", "0", stdout=said, stderr=StringIO())
    except SystemExit as end:
        code = int(end.code or 0)
    return code, json.loads(said.getvalue())["findings"], said.getvalue()


def tenant() -> None:
    named = {"name": "n", "subdomain": "s", "tenantId": "u", "settings": {}, "ownerId": ObjectId(), "status": "active"}
    mongo("users")["tenants"].insert_one({"_id": ObjectId(TENANT), **named})


def lead(**changes: Any) -> dict[str, Any]:
    told = {"leadId": str(ObjectId()), "tenantId": TENANT, "status": "new", "source": "other", "assignedTo": ObjectId()}
    stored = {"_id": ObjectId(), **told, "contactInfo": {}, **changes}
    mongo("leads")["leads"].insert_one(stored)
    return stored


def reached(api: Api) -> Caller:
    tenant()
    return Caller("admin")


def test_what_the_services_wrote_is_fine(api: Api) -> None:
    caller = reached(api)
    mongo("leads")["leadsdirectory"].update_one(
        {"_id": "64b0000000000000000000a1"},
        {"$set": {"tenantId": TENANT, "name": "x", "status": "active"}},
        upsert=True,
    )
    create(api, caller, assignedTo="64b0000000000000000000a1")
    assert checked("leads")[:2] == (0, [])


def test_every_kind_of_trouble_is_found_once_and_by_ids_only(api: Api) -> None:
    reached(api)
    secret = "very.secret@x.test"
    bad = {
        "missing": lead(source=""),
        "null": lead(priority=None),
        "type": lead(score="9", notes=5),
        "enum": lead(status="sleeping"),
        "tenant": lead(tenantId="64b0000000000000000000ff"),
        "unreadable": lead(createdAt=DatetimeMS(10**16)),
        "held": lead(deletedAt=datetime.now(UTC), emailKey=secret),
        "key": lead(contactInfo={"email": secret}),
    }
    code, findings, said = checked("leads")
    assert code == 1
    kinds = {finding["kind"]: finding["ids"] for finding in findings}
    assert secret not in said
    expected = {kind: [str(document["_id"])] for kind, document in bad.items() if kind != "null"}
    assert kinds == expected
    assert [finding["count"] for finding in findings] == [1] * len(findings)


def test_a_repair_is_made_once_asked_for_and_the_rest_is_left(api: Api) -> None:
    reached(api)
    first, second = lead(contactInfo={"email": "A@x.test"}), lead(contactInfo={"email": "a@x.test"})
    gone = lead(deletedAt=datetime.now(UTC), emailKey="b@x.test", phoneKey="+1")
    typed = lead(
        tenantId=ObjectId(TENANT), score="9.5", nextFollowUpDate="2027-01-02T03:04:05.000Z", closeValue="1e999"
    )
    before = sorted(map(str, mongo("leads")["leads"].find()))
    assert checked("leads")[0] == 1
    assert sorted(map(str, mongo("leads")["leads"].find())) == before
    code, findings, _ = checked("leads", "--fix", "--yes")
    found = {document["_id"]: document for document in mongo("leads")["leads"].find()}
    # The key is the first one's; the second stays known by its text.
    assert [found[one["_id"]].get("emailKey") for one in (first, second)] == ["a@x.test", None]
    assert not {"emailKey", "phoneKey"} & found[gone["_id"]].keys()
    repaired = found[typed["_id"]]
    assert (repaired["tenantId"], repaired["score"], repaired["nextFollowUpDate"].year) == (TENANT, 9.5, 2027)
    assert repaired["closeValue"] == "1e999"
    assert code == 1
    assert {
        finding["text"]: finding["count"] - finding["fixed"]
        for finding in findings
        if finding["count"] > finding["fixed"]
    } == {
        "closeValue is text, no number": 1,
        "emailKey is missing": 1,
    }
    assert all("rev" not in document for document in found.values())


def test_old_buyers_and_doubles_before_the_index_is_built(api: Api) -> None:
    reached(api)
    buyers = mongo("buyers")["buyers"]
    named = {"tenantId": TENANT, "companyName": "c", "contactName": "d"}
    buyers.insert_many([{**named, "email": " B@x.test"}, {**named, "email": ""}])
    _, (finding,), _ = checked("buyers")
    assert (finding["text"], finding["fixable"]) == ("emailKey is missing", 1)
    assert checked("buyers", "--fix", "--yes")[0] == 0
    assert buyers.distinct("emailKey") == ["b@x.test"]
    buyers.drop_index("emailKey_unique")
    buyers.insert_many([{**named, "email": "b@x.test", "emailKey": "b@x.test"} for _ in range(2)])
    try:
        _, (finding,), said = checked("buyers")
        assert (finding["kind"], finding["count"], "b@x.test" in said) == ("duplicates", 2, False)
    finally:
        buyers.delete_many({})
        call_command("prepare", verbosity=0)


def test_ids_in_a_form_that_services_do_not_look_for(api: Api) -> None:
    user = str(ObjectId())
    key = mongo("auth")["mfas"].insert_one({"userId": user, "secret": "s"}).inserted_id
    assert [finding["kind"] for finding in checked("auth")[1]] == ["form"]
    assert checked("auth", "--fix", "--yes")[0] == 0
    assert (mongo("auth")["mfas"].find_one({"_id": key}) or {})["userId"] == ObjectId(user)


def test_it_says_what_it_cannot_do() -> None:
    with pytest.raises(CommandError, match="There is no service 'nope' here"):
        call_command("data_check", "nope")
