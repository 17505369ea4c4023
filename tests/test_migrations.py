"""Migrations: complete, repeatable, and gentle with a database that the old system has filled."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from pymongo import ASCENDING, IndexModel

from core.documents.driver import database as mongo
from core.documents.indexes import ensure_indexes

pytestmark = pytest.mark.usefixtures("database")


def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_preparing_twice_changes_nothing() -> None:
    before = {service: indexes(service) for service in settings.SERVICES}
    call_command("prepare", verbosity=0)
    assert {service: indexes(service) for service in settings.SERVICES} == before


def test_one_shared_database_gets_the_indexes_of_every_service() -> None:
    shared = mongo("leads").client[f"{settings.DATABASES['default']['NAME']}_shared"]
    apart = {name: value for name, value in os.environ.items() if not name.endswith("_MONGODB_NAME")}
    command = [sys.executable, "services/monolith/manage.py", "prepare", "--verbosity", "0"]
    root = Path(__file__).resolve().parents[1]
    try:
        subprocess.run(command, cwd=root, env={**apart, "MONGODB_NAME": shared.name}, check=True, timeout=100)
        found = indexes_of(shared)
    finally:
        shared.client.drop_database(shared.name)
    wanted: dict[str, set[str]] = {}
    for service in settings.SERVICES:
        for collection, names in indexes(service).items():
            # Every collection has this one; other tests may have left collections of their own.
            wanted.setdefault(collection, set()).update(name for name in names if name != "_id_")
    lacking = {name: missing for name, names in wanted.items() if (missing := names - set(found.get(name, ())))}
    assert not lacking


def indexes(service: str) -> dict[str, Any]:
    return indexes_of(mongo(service))


def indexes_of(db: Any) -> dict[str, Any]:
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
