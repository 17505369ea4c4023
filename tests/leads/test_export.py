"""Leads as a file, through the API."""

import itertools

import pytest

from core.documents.driver import database as mongo
from services.leads.transfer import queries
from services.leads.transfer.writing import lead_lines
from tests.conftest import Api, Caller
from tests.leads.test_transfer import DATA, PATH, exported, imported, many


def test_an_export_is_what_the_list_shows(api: Api, manager: Caller, agent: Caller) -> None:
    imported(api, manager, (DATA / "clean.csv").read_bytes())
    mongo("leads")["leadsdirectory"].insert_one(
        {"_id": manager.user_id, "name": "Max Manager", "tenantId": manager.tenant_id, "status": "active"}
    )
    rows = exported(api, agent)
    assert rows[0][:4] == ["First Name", "Last Name", "Email", "Phone"]
    assert len(rows) == 6
    chosen = exported(api, agent, '?fields=email&fields=value,score,assignedTo,Unknown&filters={"status":"new"}')
    assert chosen[0] == ["Email", "Value", "Score", "assignedTo", "Unknown"]
    assert sorted(row[0] for row in chosen[1:]) == ["ada@example.com", "dv@example.com", "mary@example.com"]
    assert {row[3] for row in chosen[1:]} == {"Max Manager"}
    assert api.get(f'{PATH}/export?filters={{"status":"closed_lost"}}', as_=agent).status_code == 204
    for bad in ("[1]", "{", '{"tenantId":"x"}', '{"status":{"$ne":"x"}}'):
        assert api.get(f"{PATH}/export?filters={bad}", as_=agent).status_code == 400
    assert api.get(f"{PATH}/export?fields={','.join(['a'] * 101)}", as_=agent).status_code == 400


def test_an_export_keeps_no_more_than_a_batch(api: Api, manager: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    imported(api, manager, many(60))
    monkeypatch.setattr(queries, "_BATCH", 20)
    asked: list[int] = []
    names = queries.names_of
    monkeypatch.setattr(queries, "names_of", lambda scope, ids: asked.append(1) or names(scope, ids))
    lines = lead_lines(["email"], queries.exported_leads(manager.scope, {}))
    assert len(list(itertools.islice(lines, 21))) == 21
    # The header and the first batch are out; nothing of the second has been looked at.
    assert len(asked) == 1
    assert len(list(lines)) == 40
    assert len(asked) == 3
