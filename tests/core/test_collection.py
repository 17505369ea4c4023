"""The tenant law, at the one place where it is made."""

import threading
from typing import Any

import pytest
from bson import ObjectId
from django.conf import settings
from pymongo.errors import DuplicateKeyError

from core.documents.collection import Collection, PlainCollection, now
from core.documents.driver import database as mongo
from core.documents.scope import TenantScope, UnscopedQuery, everywhere
from core.documents.transactions import in_transaction, on_commit, outside_transaction, transactional
from core.errors import NoTenant

pytestmark = pytest.mark.usefixtures("database")

SERVICE = settings.SERVICES[0]
TEXT = Collection("things", SERVICE, tenant="text", soft_delete=True)
MIXED = Collection("mixedthings", SERVICE, tenant="objectid")
PLAIN = PlainCollection("plainthings", SERVICE, soft_delete=True)
ACME, OTHER = "64b000000000000000000001", "64b000000000000000000002"
acme, other = TenantScope.of_tenant(ACME, "u1"), TenantScope.of_tenant(OTHER)
nobody = TenantScope(None, "u2")
system = everywhere("test")


def test_an_insert_gets_id_tenant_times_and_revision() -> None:
    thing = TEXT.scoped(acme).insert_one({"name": "a"})
    assert thing["tenantId"] == ACME
    assert thing["__v"] == 0
    assert thing["rev"] == 1
    assert thing["createdAt"] == thing["updatedAt"]
    assert thing["createdAt"].microsecond % 1000 == 0


def test_an_insert_cannot_choose_another_tenant() -> None:
    thing = TEXT.scoped(acme).insert_one({"name": "a", "tenantId": OTHER})
    assert thing["tenantId"] == ACME


def test_without_a_tenant_nothing_can_be_inserted() -> None:
    with pytest.raises(NoTenant):
        TEXT.scoped(nobody).insert_one({"name": "a"})
    with pytest.raises(NoTenant):
        TEXT.scoped(system).insert_one({"name": "a"})


OPERATIONS = {
    "find_one": lambda view, key: view.find_one({"_id": key}),
    "find": lambda view, key: list(view.find({"_id": key})),
    "find_any": lambda view, key: list(view.find_any([{"_id": key}, {"name": "mine"}])),
    "count": lambda view, key: view.count({"_id": key}),
    "exists": lambda view, key: view.exists({"_id": key}),
    "aggregate": lambda view, key: list(view.aggregate([{"$match": {"_id": key}}])),
    "distinct": lambda view, key: view.distinct("name", {"_id": key}),
    "update_one": lambda view, key: view.update_one({"_id": key}, {"$set": {"name": "stolen"}}),
    "update_and_get": lambda view, key: view.update_and_get({"_id": key}, {"$set": {"name": "stolen"}}),
    "get_and_update": lambda view, key: view.get_and_update({"_id": key}, {"$set": {"name": "stolen"}}),
    "update_many": lambda view, key: view.update_many({"_id": key}, {"$set": {"name": "stolen"}}),
    "update_each": lambda view, key: view.update_each([({"_id": key}, {"$set": {"name": "stolen"}})]),
    "mark": lambda view, key: view.mark({"_id": key}, {"$set": {"name": "stolen"}}),
    "with_deleted": lambda view, key: view.with_deleted().find_one({"_id": key}),
    "delete_many": lambda view, key: view.delete_many({"_id": key}),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("scope", [other, nobody], ids=["other", "nobody"])
def test_no_operation_reaches_another_tenant(operation: str, scope: TenantScope) -> None:
    thing = TEXT.scoped(acme).insert_one({"name": "mine"})
    assert not OPERATIONS[operation](TEXT.scoped(scope), thing["_id"])
    assert TEXT.scoped(acme).find_one({"_id": thing["_id"]}) == thing


@pytest.mark.parametrize("query", [{"tenantId": ACME}, {"$or": [{"tenantId": ACME}, {"name": "mine"}]}])
def test_a_query_cannot_widen_its_scope(query: dict[str, Any]) -> None:
    TEXT.scoped(acme).insert_one({"name": "mine"})
    assert TEXT.scoped(other).count(query) == 0


def test_every_public_operation_is_covered_by_this_law() -> None:
    view = TEXT.scoped(acme)
    public = {name for name in dir(view) if not name.startswith("_") and callable(getattr(view, name))}
    assert public - {"visible", "insert_one", "insert_many", "upsert_each"} == set(OPERATIONS)


def test_system_code_sees_every_tenant() -> None:
    TEXT.scoped(acme).insert_one({"name": "a"})
    TEXT.scoped(other).insert_one({"name": "b"})
    assert TEXT.scoped(system).count({}) == 2


def test_a_system_scope_must_say_why() -> None:
    with pytest.raises(UnscopedQuery):
        everywhere(" ")


def test_tenants_stored_as_text_and_as_objectid_are_both_read() -> None:
    raw = mongo(SERVICE)["mixedthings"]
    raw.insert_many([{"tenantId": ACME}, {"tenantId": ObjectId(ACME)}, {"tenantId": ObjectId(OTHER)}])
    assert MIXED.scoped(acme).count({}) == 2
    assert MIXED.scoped(acme).insert_one({})["tenantId"] == ObjectId(ACME)


def test_deleted_documents_are_invisible_unless_asked_for() -> None:
    view = TEXT.scoped(acme)
    thing = view.insert_one({"name": "a"})
    assert view.update_one({"_id": thing["_id"]}, {"$set": {"deletedAt": now()}})
    assert view.count({}) == 0
    assert view.count({"deletedAt": {"$ne": None}}) == 1
    assert not view.update_one({"_id": thing["_id"]}, {"$set": {"name": "b"}})


def test_an_update_keeps_unknown_fields_and_counts_revisions() -> None:
    mongo(SERVICE)["things"].insert_one({"_id": 1, "tenantId": ACME, "old": {"a": 1, "b": [{"c": 2}]}})
    changed = TEXT.scoped(acme).update_and_get({"_id": 1}, {"$set": {"old.a": 5}})
    assert changed is not None
    assert changed["old"] == {"a": 5, "b": [{"c": 2}]}
    assert changed["rev"] == 1
    assert changed["updatedAt"]


def test_an_upsert_fills_in_the_tenant_once() -> None:
    view = TEXT.scoped(acme)
    for _ in range(2):
        thing = view.update_and_get({"key": 1}, {"$set": {"name": "x"}}, upsert=True)
    assert thing is not None
    assert thing["tenantId"] == ACME
    assert thing["rev"] == 2


def test_a_computed_upsert_keeps_what_it_asks_for_and_stays_in_its_tenant() -> None:
    computed = {"name": {"$ifNull": ["$name", "new"]}, "score": 5}
    MIXED.scoped(other).insert_one({"key": 1, "name": "theirs"})
    for _ in range(2):
        MIXED.scoped(acme).upsert_each([({"key": 1}, computed)])
    (thing,) = MIXED.scoped(acme).find({})
    assert (thing["name"], thing["score"], thing["tenantId"]) == ("new", 5, ObjectId(ACME))
    assert (thing["rev"], thing["__v"]) == (2, 0)
    assert thing["createdAt"] < thing["updatedAt"]
    (theirs,) = MIXED.scoped(other).find({})
    assert (theirs["name"], theirs["rev"]) == ("theirs", 1)


def test_a_mark_is_no_change_of_the_document() -> None:
    thing = TEXT.scoped(acme).insert_one({"name": "a"})
    assert TEXT.scoped(acme).mark({"_id": thing["_id"]}, {"$set": {"seen": True}}) == 1
    assert TEXT.scoped(acme).find_one({"_id": thing["_id"]}) == {**thing, "seen": True}


def test_of_an_update_one_gets_the_document_before_or_after_it() -> None:
    view = TEXT.scoped(acme)
    view.insert_one({"_id": 1, "n": 0})
    assert view.update_one({"_id": 1}, {"$inc": {"n": 1}})
    assert not view.update_one({"_id": 2}, {"$inc": {"n": 1}})
    before, after = (
        view.get_and_update({"_id": 1}, {"$inc": {"n": 1}}),
        view.update_and_get({"_id": 1}, {"$inc": {"n": 1}}),
    )
    assert before is not None
    assert after is not None
    assert (before["n"], after["n"]) == (1, 3)


def test_deleted_documents_are_there_for_who_asks_for_all() -> None:
    for view in (TEXT.scoped(acme), PLAIN):
        thing = view.insert_one({"name": "a"})
        view.update_one({"_id": thing["_id"]}, {"$set": {"deletedAt": now()}})
        assert view.count({}) == 0
        assert view.with_deleted().count({}) == 1


def test_a_plain_collection_knows_no_scope() -> None:
    thing = PLAIN.insert_one({"name": "a"})
    assert "tenantId" not in thing
    assert not hasattr(PLAIN, "scoped")
    assert not hasattr(PLAIN, "across_tenants")


def test_with_its_deleted_documents_a_plain_collection_keeps_what_it_declares() -> None:
    declared = PlainCollection[Any]("things", service=SERVICE, soft_delete=True, quiet=("guard",))
    opened = declared.with_deleted()
    assert (opened.name, opened.service, opened.quiet) == ("things", SERVICE, ("guard",))
    assert (declared.visible({}), opened.visible({})) == ({"deletedAt": None}, {})


def test_what_is_written_outside_of_a_transaction_stays_when_that_fails() -> None:
    def fail() -> None:
        PLAIN.insert_one({"_id": "inside"})
        with outside_transaction():
            PLAIN.insert_one({"_id": "outside"})
            assert [thing["_id"] for thing in PLAIN.find({})] == ["outside"]
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_transaction(SERVICE, fail)
    assert [thing["_id"] for thing in PLAIN.find({})] == ["outside"]


def test_a_transaction_writes_all_or_nothing_and_calls_hooks_only_after_commit() -> None:
    calls: list[str] = []

    @transactional(SERVICE)
    def write(fail: bool) -> None:
        TEXT.scoped(acme).insert_one({"name": "a"})
        on_commit(lambda: calls.append("done"))
        assert not calls
        if fail:
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        write(True)
    assert TEXT.scoped(acme).count({}) == 0
    assert not calls
    write(False)
    assert TEXT.scoped(acme).count({}) == 1
    assert calls == ["done"]


def test_write_conflicts_are_retried_until_every_increment_counts() -> None:
    TEXT.scoped(acme).insert_one({"_id": "counter", "n": 0})

    def increment() -> None:
        thing = TEXT.scoped(acme).find_one({"_id": "counter"})
        assert thing is not None
        TEXT.scoped(acme).update_one({"_id": "counter"}, {"$set": {"n": thing["n"] + 1}})

    threads = [threading.Thread(target=lambda: in_transaction(SERVICE, increment)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counter = TEXT.scoped(acme).find_one({"_id": "counter"})
    assert counter is not None
    assert counter["n"] == 8


def test_a_transaction_cannot_span_two_services() -> None:
    first, second = settings.SERVICES[:2]
    with pytest.raises(RuntimeError, match="use an event"):
        in_transaction(first, lambda: in_transaction(second, lambda: None))


def test_a_clash_inside_a_transaction_reaches_the_caller() -> None:
    def clash() -> None:
        TEXT.scoped(acme).insert_one({"_id": "same"})
        TEXT.scoped(acme).insert_one({"_id": "same"})

    with pytest.raises(DuplicateKeyError):
        in_transaction(SERVICE, clash)
    assert TEXT.scoped(acme).count({}) == 0


@pytest.mark.parametrize(
    "stage",
    [
        {"$unionWith": "things"},
        {"$lookup": {"from": "things", "pipeline": [], "as": "all"}},
        {
            "$graphLookup": {
                "from": "things",
                "startWith": "$a",
                "connectFromField": "a",
                "connectToField": "b",
                "as": "all",
            }
        },
        {"$facet": {"all": [{"$unionWith": {"coll": "things", "pipeline": []}}]}},
        {"$merge": {"into": "things"}},
        {"$out": "things"},
    ],
)
def test_a_pipeline_stays_within_its_scope(stage: dict[str, Any]) -> None:
    TEXT.scoped(other).insert_one({"name": "theirs"})
    with pytest.raises(ValueError, match="reaches past the scope"):
        list(TEXT.scoped(acme).aggregate([stage]))
