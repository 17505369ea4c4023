"""Preferences through the API: made once, merged by group, remembered, and nobody else's business."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from bson import ObjectId
from django.db import connections

from core.documents.collection import now
from core.documents.driver import database as mongo
from tests.conftest import OTHER_TENANT, Api, Caller
from tests.users.test_people import person

OWN = "/api/users/preferences"
DEFAULTS = {
    "emailNotifications": {"marketing": True, "security": True, "updates": False, "frequency": "daily"},
    "ui": {"theme": "light", "language": "en", "timezone": "UTC", "dateFormat": "MM/DD/YYYY"},
    "privacy": {"profileVisibility": "public", "dataSharing": False, "analytics": True},
    "application": {"autoRefresh": True, "emailDigest": False, "dashboardLayout": "default", "defaultView": "list"},
}
DARK = {"theme": "dark", "language": "de", "timezone": "UTC", "dateFormat": "MM/DD/YYYY"}


def of(caller: Caller, rest: str = "") -> str:
    return f"/api/users/{caller.user_id}/preferences{rest}"


def stored(caller: Caller) -> list[dict[str, Any]]:
    return list(mongo("users")["userpreferences"].find({"userId": {"$in": [caller.user_id, ObjectId(caller.user_id)]}}))


def logged(caller: Caller, kind: str) -> list[dict[str, Any]]:
    found = mongo("users")["useractivities"].find({"userId": ObjectId(caller.user_id), "type": kind})
    return list(found.sort("_id", 1))


def change(**groups: Any) -> dict[str, Any]:
    return {"preferences": groups}


def test_the_first_read_makes_the_defaults(api: Api, viewer: Caller) -> None:
    answer = api.get(OWN, as_=viewer)
    assert answer.status_code == 200
    body = answer.json()
    assert body["preferences"] == DEFAULTS
    assert body["userId"] == viewer.user_id
    assert body["_id"] == body["id"]
    assert (body["changeHistory"], body["__v"]) == ([], 0)
    assert set(body) == {
        "_id", "id", "userId", "preferences", "changeHistory", "createdAt", "updatedAt", "__v",
    }  # fmt: skip
    again = api.get(OWN, as_=viewer).json()
    assert again == body


def test_first_reads_at_once_make_one_document(api: Api) -> None:
    caller, boss = person("user"), person("admin")

    def ask(number: int) -> int:
        try:
            if number % 3 == 0:
                return int(Api().put(OWN, change(ui=DARK), as_=caller).status_code)
            path, asker = (OWN, caller) if number % 3 == 1 else (of(caller), boss)
            return int(Api().get(path, as_=asker).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(24))) == {200}
    assert len(stored(caller)) == 1
    # The same change eight times is one change.
    assert len(logged(caller, "preferences_update")) == 2
    assert api.get(f"{OWN}/history", as_=caller).json()["total"] == 2


def test_a_change_merges_its_group_and_leaves_the_others(api: Api) -> None:
    caller = person("user")
    answer = api.put(OWN, change(ui=DARK), as_=caller)
    assert answer.status_code == 200
    body = answer.json()
    assert body["preferences"] == DEFAULTS | {"ui": DARK}
    assert [entry["field"] for entry in body["changeHistory"]] == ["ui.theme", "ui.language"]
    first = body["changeHistory"][0]
    assert (first["oldValue"], first["newValue"], first["changedBy"]) == ("light", "dark", caller.user_id)
    entries = logged(caller, "preferences_update")
    assert [entry["metadata"]["field"] for entry in entries] == ["ui.theme", "ui.language"]
    assert all(entry["performedAt"] and entry["tenantId"] and entry["severity"] == "low" for entry in entries)


def test_a_change_that_changes_nothing_leaves_no_trace(api: Api) -> None:
    caller = person("user")
    before = api.get(OWN, as_=caller).json()
    for nothing in (change(), change(ui=DEFAULTS["ui"])):
        assert api.put(OWN, nothing, as_=caller).json() == before
    assert not logged(caller, "preferences_update")


UI = {name: value for name, value in DEFAULTS["ui"].items() if name != "theme"}
PRIVACY = DEFAULTS["privacy"]
NO_OBJECT = ["preferences must be an object", "nested property preferences must be either object or array"]
THEME = "preferences.ui.theme must be one of the following values: light, dark, auto"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (change(ui=UI), [THEME]),
        (change(ui={**UI, "theme": "pink"}), [THEME]),
        (change(ui={**UI, "theme": "dark", "font": "x"}), ["preferences.ui.property font should not exist"]),
        (change(privacy={**PRIVACY, "analytics": "yes"}), ["preferences.privacy.analytics must be a boolean value"]),
        (change(privacy={**PRIVACY, "analytics": None}), ["preferences.privacy.analytics must be a boolean value"]),
        (change(other={}), ["preferences.property other should not exist"]),
        ({"theme": "dark", **change()}, ["property theme should not exist"]),
        (change(ui=None), ["preferences.nested property ui must be either object or array"]),
        ({}, ["preferences must be an object"]),
        ({"preferences": []}, ["preferences must be an object"]),
        *(({"preferences": wrong}, NO_OBJECT) for wrong in (None, "x")),
        (
            change(ui={**DARK, "language": "x" * 101}),
            ["preferences.ui.language must be shorter than or equal to 100 characters"],
        ),
        (
            change(emailNotifications={}),
            [
                "preferences.emailNotifications.marketing must be a boolean value",
                "preferences.emailNotifications.security must be a boolean value",
                "preferences.emailNotifications.updates must be a boolean value",
                "preferences.emailNotifications.frequency must be one of the following values: "
                "daily, weekly, monthly, never",
            ],
        ),
    ],
)
def test_a_bad_or_incomplete_group_is_refused(api: Api, body: Any, message: list[str]) -> None:
    caller = person("user")
    answer = api.put(OWN, body, as_=caller)
    assert answer.status_code == 400
    assert answer.json() == {"message": message, "error": "Bad Request", "statusCode": 400}


@pytest.mark.parametrize("body", [None, [], "[1]", "null", '{"preferences": []}', change(ui={"theme": {"$gt": ""}})])
def test_nonsense_is_a_bad_request(api: Api, body: Any) -> None:
    assert api.put(OWN, body, as_=person("user")).status_code == 400


def test_reset_returns_to_the_defaults_and_says_so(api: Api) -> None:
    caller, boss = person("user"), person("manager")
    api.put(OWN, change(ui=DARK), as_=caller)
    answer = api.post(of(caller, "/reset"), as_=boss)
    assert answer.status_code == 200
    assert answer.json()["preferences"] == DEFAULTS
    assert logged(caller, "preferences_reset")[0]["metadata"] == {"resetBy": boss.user_id}
    history = api.get(f"{OWN}/history", as_=caller).json()
    assert history["total"] == 4
    newest = history["changes"][0]
    assert (newest["field"], newest["newValue"], newest["changedBy"]) == ("ui.theme", "light", boss.user_id)
    assert api.post(f"{OWN}/reset", as_=caller).status_code == 200


def test_history_pages_newest_first_and_makes_nothing(api: Api) -> None:
    caller = person("user")
    assert api.get(f"{OWN}/history", as_=caller).json() == {"changes": [], "total": 0}
    assert not stored(caller)
    for theme in ("dark", "auto", "light"):
        api.put(OWN, change(ui={**DEFAULTS["ui"], "theme": theme}), as_=caller)
    pages = [api.get(f"{OWN}/history?limit=2&page={page}", as_=caller).json() for page in (1, 2)]
    assert [entry["newValue"] for page in pages for entry in page["changes"]] == ["light", "auto", "dark"]
    assert [page["total"] for page in pages] == [3, 3]
    assert api.get(f"{OWN}/history?page=x", as_=caller).json()["message"] == (
        "Validation failed (numeric string is expected)"
    )


@pytest.mark.parametrize("page", ["²", "٣", "-1", "0", "1e3", "", "999999999", "99999999999999999999"])
def test_an_odd_page_is_no_server_error(api: Api, page: str) -> None:
    assert api.get(f"{OWN}/history?page={page}&limit={page}", as_=person("user")).status_code in (200, 400)


def test_history_forgets_what_is_beyond_five_hundred(api: Api) -> None:
    caller = person("user")
    api.get(OWN, as_=caller)
    same = {"field": "ui.theme", "oldValue": "a", "changedAt": now()}
    old = [{**same, "newValue": str(number)} for number in range(500)]
    mongo("users")["userpreferences"].update_one({}, {"$set": {"changeHistory": old}})
    changed = api.put(OWN, change(ui=DARK), as_=caller).json()["changeHistory"]
    assert len(changed) == 500
    assert (changed[0]["newValue"], changed[-1]["newValue"]) == ("dark", "497")


def test_an_old_document_keeps_its_form_and_its_unknown_fields(api: Api) -> None:
    caller = person("user")
    old = {"userId": caller.user_id, "preferences": {"ui": {"theme": "dark", "font": "big"}, "x": 1}, "legacy": [1]}
    mongo("users")["userpreferences"].insert_one(old)
    assert api.get(OWN, as_=caller).json()["preferences"]["privacy"] == PRIVACY
    wanted = change(ui={**DARK, "theme": "auto"}, privacy={**PRIVACY, "analytics": False})
    shown = api.put(OWN, wanted, as_=caller).json()
    (document,) = stored(caller)
    assert (document["userId"], document["legacy"]) == (caller.user_id, [1])
    assert document["preferences"]["x"] == 1
    assert document["preferences"]["ui"]["font"] == "big"
    assert document["preferences"]["ui"]["theme"] == "auto"
    assert shown["preferences"]["privacy"] == {**PRIVACY, "analytics": False}
    assert shown["preferences"]["application"] == DEFAULTS["application"]


@pytest.mark.parametrize("broken", [None, "x", [], {"ui": None}, {"ui": "x"}, {"ui": []}])
def test_a_broken_old_document_is_mended_by_a_change(api: Api, broken: Any) -> None:
    caller = person("user")
    mongo("users")["userpreferences"].insert_one(
        {"userId": caller.user_id, "preferences": broken, "changeHistory": None}
    )
    assert api.get(OWN, as_=caller).json()["preferences"] == DEFAULTS
    assert api.put(OWN, change(ui=DARK), as_=caller).json()["preferences"] == DEFAULTS | {"ui": DARK}
    assert api.get(OWN, as_=caller).json()["preferences"]["ui"] == DARK


ROUTES = [("GET", ""), ("PUT", ""), ("POST", "/reset"), ("GET", "/history")]


@pytest.mark.parametrize(("method", "rest"), ROUTES)
def test_staff_reaches_people_of_the_tenant_only(api: Api, method: str, rest: str) -> None:
    caller = person("user")
    body = change(ui=DARK) if method == "PUT" else None
    for role in ("admin", "manager"):
        assert api.request(method, of(caller, rest), body, as_=Caller(role)).status_code == 200
        answer = api.request(method, of(caller, rest), body, as_=Caller(role, OTHER_TENANT))
        assert (answer.status_code, answer.json()["message"]) == (404, "User not found")
    for role in ("user", "viewer", "acquisitions"):
        answer = api.request(method, of(caller, rest), body, as_=Caller(role))
        assert (answer.status_code, answer.json()["message"]) == (403, "Forbidden resource")
    assert api.request(method, of(caller, rest), body).status_code == 401


@pytest.mark.parametrize("unknown", ["64f000000000000000000fff", "nonsense", "$ne"])
@pytest.mark.parametrize(("method", "rest"), ROUTES)
def test_an_unknown_person_is_not_found_and_gets_no_document(
    api: Api, admin: Caller, method: str, rest: str, unknown: str
) -> None:
    body = change(ui=DARK) if method == "PUT" else None
    answer = api.request(method, f"/api/users/{unknown}/preferences{rest}", body, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (404, "User not found")
    assert not mongo("users")["userpreferences"].count_documents({})


def test_a_caller_who_is_no_person_changes_nothing(api: Api, viewer: Caller) -> None:
    assert api.put(OWN, change(ui=DARK), as_=viewer).status_code == 404
    assert api.post(f"{OWN}/reset", as_=viewer).status_code == 404
    assert api.get(OWN, as_=Caller("user", user_id="not-an-id")).status_code == 401


def test_reading_looks_at_one_document(api: Api) -> None:
    caller = person("user")
    api.get(OWN, as_=caller)
    mongo("users")["userpreferences"].insert_many([{"userId": ObjectId()} for _ in range(50)])
    found = mongo("users")["userpreferences"].find({"userId": {"$in": [ObjectId(caller.user_id), caller.user_id]}})
    told = found.explain()["executionStats"]
    assert told["totalDocsExamined"] == 1
