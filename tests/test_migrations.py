"""Migrations: complete, repeatable, and gentle with a database that the old system has filled."""

from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from pymongo import ASCENDING, IndexModel

from core.documents.database import database as mongo
from core.documents.indexes import ensure_indexes

pytestmark = pytest.mark.usefixtures("database")


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_preparing_twice_changes_nothing() -> None:
    before = {service: indexes(service) for service in settings.SERVICES}
    call_command("prepare", verbosity=0)
    assert {service: indexes(service) for service in settings.SERVICES} == before


def indexes(service: str) -> dict[str, Any]:
    db = mongo(service)
    return {name: sorted(db[name].index_information()) for name in db.list_collection_names()}


def test_the_old_systems_indexes_are_left_alone() -> None:
    old = mongo("leads")["oldthings"]
    old.create_index([("a", ASCENDING)], name="named_by_somebody_else")
    old.create_index([("x", "text")], name="their_search")
    wanted = [
        IndexModel([("a", ASCENDING)], name="ours"),
        IndexModel([("y", "text")], name="our_search"),
        IndexModel([("b", ASCENDING)], name="new"),
    ]
    assert ensure_indexes(mongo("leads"), "oldthings", wanted) == ["new"]
    assert set(old.index_information()) == {"_id_", "named_by_somebody_else", "their_search", "new"}
    assert ensure_indexes(mongo("leads"), "oldthings", wanted) == []
    old.drop()


def test_a_plain_index_gives_way_to_a_unique_one() -> None:
    old = mongo("leads")["oldthings"]
    old.create_index([("a", ASCENDING)], name="plain")
    ensure_indexes(mongo("leads"), "oldthings", [IndexModel([("a", ASCENDING)], name="ours", unique=True)])
    assert old.index_information()["ours"]["unique"]
    old.drop()
