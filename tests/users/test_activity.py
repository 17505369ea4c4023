"""The activity log through the API: searched, counted, exported and tidied up, by one tenant at a time."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.documents.driver import database as mongo
from core.documents.scope import TenantScope
from services.users.activity import actions, exporting, queries
from services.users.activity.exporting import cell
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller
from tests.test_costs import costs
from tests.users.test_people import person

SEARCH, STATISTICS = "/api/users/activity/search", "/api/users/activity/statistics"
EXPORT, CLEANUP = "/api/users/activity/export", "/api/users/activity/cleanup"
HISTORY_CLEANUP = "/api/users/status-history/cleanup"
ROUTES = [("GET", SEARCH), ("GET", STATISTICS), ("POST", EXPORT), ("POST", CLEANUP), ("POST", HISTORY_CLEANUP)]
NOT_NUMERIC = "Validation failed (numeric string is expected)"


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def entry(kind: str = "login", moment: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """Store an activity as the old system did, and return it."""
    moment = moment or ago(0)
    document = {
        "userId": ObjectId(),
        "tenantId": ObjectId(TENANT),
        "type": kind,
        "description": "Something happened",
        "severity": "low",
        "metadata": {},
        "performedAt": moment,
        "isSystemEvent": False,
        "createdAt": moment,
        "updatedAt": moment,
        "__v": 0,
        **fields,
    }
    mongo("users")["useractivities"].insert_one(document)
    return document


def move(moment: datetime, tenant: str = TENANT) -> None:
    """Store a change of status."""
    fields = {"userId": ObjectId(), "tenantId": ObjectId(tenant), "oldStatus": "pending", "newStatus": "active"}
    mongo("users")["userstatushistories"].insert_one({**fields, "changedAt": moment})


def found(api: Api, caller: Caller, query: str = "") -> list[str]:
    answer = api.get(f"{SEARCH}?{query}", as_=caller)
    assert answer.status_code == 200, answer.content
    return [activity["type"] for activity in answer.json()["data"]["activities"]]


def exported(api: Api, caller: Caller, body: dict[str, Any]) -> str:
    answer = api.post(EXPORT, body, as_=caller)
    assert answer.status_code == 201, answer.content
    assert answer.json()["message"] == "Activity logs exported successfully"
    return str(answer.json()["data"]["content"])


def test_a_search_answers_the_tenants_log_newest_first(api: Api, viewer: Caller, outsider: Caller) -> None:
    entry("login", ago(2), tenantId=TENANT)
    entry("logout", ago(1))
    entry("search", tenantId=ObjectId(OTHER_TENANT))
    answer = api.get(SEARCH, as_=viewer).json()
    assert (answer["success"], answer["message"]) == (True, "Activities retrieved successfully")
    assert [activity["type"] for activity in answer["data"]["activities"]] == ["logout", "login"]
    assert answer["data"]["pagination"] == {"page": 1, "limit": 20, "total": 2, "pages": 1}
    assert found(api, outsider) == ["search"]


def test_every_filter_narrows_the_search(api: Api, viewer: Caller) -> None:
    entry("login", day("2024-01-10"), severity="high", description="Signed in (100%)")
    entry("logout", day("2024-01-20"), context={"module": "Auth.Guard", "action": "leave"})
    entry("search", day("2024-01-30"), metadata={"ipAddress": "10.0.0.7", "userAgent": "Firefox"})
    for query, expected in (
        ("type=logout", ["logout"]),
        ("type=unheard", []),
        ("severity=high", ["login"]),
        ("startDate=2024-01-20", ["search", "logout"]),
        ("endDate=2024-01-20T00:00:00Z", ["logout", "login"]),
        ("startDate=2024-01-20&endDate=2024-01-20", ["logout"]),
        ("search=firefox", ["search"]),
        ("search=10.0.0.7", ["search"]),
        ("search=guard", ["logout"]),
        ("search=(100%25)", ["login"]),
        ("search=.*", []),
        ("search=(a%2B)%2B$", []),
        ("sortBy=performedAt&sortOrder=asc", ["login", "logout", "search"]),
        ("sortBy=type", ["search", "logout", "login"]),
        ("sortBy=metadata.secret", ["search", "logout", "login"]),
    ):
        assert found(api, viewer, query) == expected, query


def test_pages_end_at_a_hundred_and_are_integers(api: Api, viewer: Caller) -> None:
    for number in range(130):
        entry(moment=ago(number))
    first = api.get(f"{SEARCH}?limit=1000", as_=viewer).json()["data"]
    assert len(first["activities"]) == 100
    assert first["pagination"] == {"page": 1, "limit": 100, "total": 130, "pages": 2}
    assert len(api.get(f"{SEARCH}?limit=100&page=2", as_=viewer).json()["data"]["activities"]) == 30


def test_who_did_it_is_told_without_a_statement_per_entry(api: Api, viewer: Caller) -> None:
    boss, operator = person("admin", firstName="Ada", lastName="Admin"), person("SUPER_ADMIN", None)
    for number in range(10):
        entry(moment=ago(number), performedBy=(boss.user_id, ObjectId(boss.user_id))[number % 2])
    entry(moment=ago(20), performedBy=ObjectId(operator.user_id))
    entry(moment=ago(21), performedBy=ObjectId())
    entry(moment=ago(22), performedBy="system")
    entry(moment=ago(23))
    with costs("users") as statements:
        shown = api.get(SEARCH, as_=viewer).json()["data"]["activities"]
    reference = {"_id": boss.user_id, "id": boss.user_id, "email": boss.email}
    reference |= {"firstName": "Ada", "lastName": "Admin", "fullName": "Ada Admin"}
    assert [activity["performedBy"] for activity in shown[:10]] == [reference] * 10
    assert shown[10]["performedBy"]["id"] == operator.user_id
    assert [shown[11]["performedBy"], shown[12]["performedBy"]] == [None, None]
    assert "performedBy" not in shown[13]
    assert len(statements) <= 4


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("userId=64a0000000000000000000a1", ["property userId should not exist"]),
        ("startDate=soon", ["startDate must be a valid ISO 8601 date string"]),
        ("endDate=2024-13-01", ["endDate must be a valid ISO 8601 date string"]),
        ("page=x", NOT_NUMERIC),
        ("limit=²", NOT_NUMERIC),
        ("type[$ne]=x", ["type must be a string"]),
        ("type=a&type=b", ["type must be a string"]),
    ],
)
def test_a_bad_search_is_refused(api: Api, viewer: Caller, query: str, message: Any) -> None:
    answer = api.get(f"{SEARCH}?{query}", as_=viewer)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_statistics_count_by_type_severity_and_utc_day(api: Api, viewer: Caller, outsider: Caller) -> None:
    late = ago(2).replace(hour=23, minute=59, second=59)
    entry("login", late)
    entry("login", late + timedelta(seconds=2), severity="critical")
    entry("logout", late)
    entry("logout", ago(40))
    entry("logout", tenantId=ObjectId(OTHER_TENANT))
    answer = api.get(STATISTICS, as_=viewer).json()
    assert answer["message"] == "Activity statistics retrieved successfully"
    assert answer["data"] == {
        "totalActivities": 3,
        "activitiesByType": {"login": 2, "logout": 1},
        "activitiesBySeverity": {"low": 2, "critical": 1},
        "recentActivityTrend": [
            {"date": late.date().isoformat(), "count": 2},
            {"date": (late + timedelta(seconds=2)).date().isoformat(), "count": 1},
        ],
    }
    assert list(answer["data"]["activitiesByType"]) == ["login", "logout"]
    assert api.get(f"{STATISTICS}?days=60", as_=viewer).json()["data"]["totalActivities"] == 4
    assert api.get(f"{STATISTICS}?days=9007199254740992", as_=viewer).json()["data"]["totalActivities"] == 4
    assert api.get(STATISTICS, as_=outsider).json()["data"]["totalActivities"] == 1


def test_statistics_of_nothing_are_zeros(api: Api, viewer: Caller) -> None:
    empty = {"totalActivities": 0, "activitiesByType": {}, "activitiesBySeverity": {}, "recentActivityTrend": []}
    assert api.get(STATISTICS, as_=viewer).json()["data"] == empty


DAYS = [
    ("GET", STATISTICS, "days"),
    ("POST", CLEANUP, "retentionDays"),
    ("POST", HISTORY_CLEANUP, "retentionDays"),
]


@pytest.mark.parametrize(("method", "path", "name"), DAYS)
def test_days_are_whole_and_at_least_one(api: Api, admin: Caller, method: str, path: str, name: str) -> None:
    entry(moment=ago(1_000))
    for bad in ("x", "1.5", "", "²", "1e3", "--1"):
        answer = api.request(method, f"{path}?{name}={bad}", as_=admin)
        assert (answer.status_code, answer.json()["message"]) == (400, NOT_NUMERIC), bad
    for bad in ("0", "-5"):
        answer = api.request(method, f"{path}?{name}={bad}", as_=admin)
        assert (answer.status_code, answer.json()["message"]) == (400, [f"{name} must not be less than 1"])
    assert api.request(method, f"{path}?{name}={'9' * 400}", as_=admin).status_code == 400
    assert mongo("users")["useractivities"].count_documents({}) == 1


def test_json_is_a_pretty_array_newest_first(api: Api, admin: Caller, outsider: Caller) -> None:
    boss = person("admin")
    old = entry("login", day("2024-01-10"), performedBy=boss.user_id, metadata={"note": 'two\nlines, "quoted"'}, rev=3)
    entry("logout", day("2024-01-20"), performedBy=ObjectId(), metadata={})
    text = exported(api, admin, {})
    rows = json.loads(text)
    assert text == json.dumps(rows, indent=2, ensure_ascii=False)
    assert [row["type"] for row in rows] == ["logout", "login"]
    assert (rows[0]["performedBy"], rows[1]["performedAt"]) == (None, "2024-01-10T00:00:00.000Z")
    assert rows[1]["performedBy"] == {
        "_id": boss.user_id, "firstName": "Pat", "lastName": "Person", "email": boss.email,
    }  # fmt: skip
    assert "rev" not in rows[1]
    assert exported(api, outsider, {"format": "json"}) == "[]"
    for form in (str(old["userId"]), str(old["userId"]).upper()):
        assert [row["type"] for row in json.loads(exported(api, admin, {"userId": form}))] == ["login"]
    assert exported(api, admin, {"userId": "nobody"}) == "[]"
    period = {"startDate": "2024-01-15", "endDate": "2024-01-20T00:00:00.000Z"}
    assert [row["type"] for row in json.loads(exported(api, admin, period))] == ["logout"]


def test_any_other_format_is_json_and_named_back(api: Api, admin: Caller) -> None:
    assert api.post(EXPORT, {"format": "xml"}, as_=admin).json()["data"] == {"format": "xml", "content": "[]"}


def test_csv_quotes_every_cell_and_runs_no_formula(api: Api, admin: Caller) -> None:
    metadata = {"ipAddress": "@SUM(A1)", "userAgent": 'Fire"fox",\nx'}
    context = {"module": "-2+3", "action": "+1"}
    stored = entry("login", day("2024-01-10"), description='=HYPERLINK("http://x")', metadata=metadata, context=context)
    entry("logout", day("2024-01-09"), metadata="old text", context=None)
    text = exported(api, admin, {"format": "csv"})
    header, row, plain = csv.reader(io.StringIO(text))
    assert text.splitlines()[0] == (
        '"Date","User ID","Type","Description","Severity","IP Address","User Agent","Module","Action"'
    )
    assert row == [
        "2024-01-10T00:00:00.000Z",
        str(stored["userId"]),
        "login",
        '\'=HYPERLINK("http://x")',
        "low",
        "'@SUM(A1)",
        'Fire"fox",\nx',
        "'-2+3",
        "'+1",
    ]
    assert len(header) == len(plain) == 9
    assert plain[5:] == ["", "", "", ""]
    assert not text.endswith("\n")
    assert '"Fire""fox"",' in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", "＝", "＠"])  # noqa: RUF001
def test_no_cell_starts_a_formula(start: str) -> None:
    assert cell(f"{start}1") == f"'{start}1"
    assert cell("a=1") == "a=1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"startDate": "soon"}, ["startDate must be a valid ISO 8601 date string"]),
        (
            {"userId": {"$ne": ""}},
            ["userId must be a string"],
        ),
        ({"format": 1}, ["format must be a string"]),
        ({"tenantId": OTHER_TENANT}, ["property tenantId should not exist"]),
    ],
)
def test_a_bad_export_is_refused(api: Api, admin: Caller, body: dict[str, Any], message: list[str]) -> None:
    answer = api.post(EXPORT, body, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_has_an_end(api: Api, admin: Caller, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    for number in range(5):
        entry(moment=ago(number))
    monkeypatch.setattr(queries, "MOST_EXPORTED", 4)
    answer = api.post(EXPORT, {"format": form}, as_=admin)
    assert answer.status_code == 400
    assert "choose a shorter period" in answer.json()["message"]
    exported(api, admin, {"format": form, "startDate": ago(2.5).isoformat()})
    monkeypatch.setattr(exporting.BoundedText.__init__, "__defaults__", (300,))
    answer = api.post(EXPORT, {"format": form, "startDate": ago(2.5).isoformat()}, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (400, "The export is too large: choose a shorter period")


def test_an_export_looks_people_up_in_batches(api: Api, admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    bosses = [person("admin") for _ in range(3)]
    for number in range(30):
        entry(moment=ago(number), performedBy=ObjectId(bosses[number % 3].user_id))
    monkeypatch.setattr(queries, "_BATCH", 10)
    with costs("users") as statements:
        rows = json.loads(exported(api, admin, {}))
    assert [row["performedBy"]["_id"] for row in rows] == [bosses[number % 3].user_id for number in range(30)]
    assert sum(statement["ns"].endswith(".users") for statement in statements) == 1


def test_cleanup_deletes_the_tenants_old_entries_but_critical_ones(api: Api, admin: Caller) -> None:
    for moment, fields in (
        (ago(91), {}),
        (ago(91), {"tenantId": TENANT}),
        (ago(91), {"severity": "critical"}),
        (ago(91), {"tenantId": ObjectId(OTHER_TENANT)}),
        (ago(89), {}),
        (ago(1), {}),
    ):
        entry(moment=moment, **fields)
    answer = api.post(CLEANUP, as_=admin)
    assert answer.status_code == 201
    assert answer.json() == {
        "success": True,
        "message": "Activity logs cleaned up successfully",
        "data": {"deletedCount": 2},
    }
    assert api.post(f"{CLEANUP}?retentionDays=30", as_=admin).json()["data"] == {"deletedCount": 1}
    assert api.post(f"{CLEANUP}?retentionDays=30", as_=admin).json()["data"] == {"deletedCount": 0}
    assert mongo("users")["useractivities"].count_documents({}) == 3


def test_status_history_is_tidied_up_alike(api: Api, admin: Caller) -> None:
    for moment, tenant in ((ago(366), TENANT), (ago(364), TENANT), (ago(400), OTHER_TENANT)):
        move(moment, tenant)
    answer = api.post(HISTORY_CLEANUP, as_=admin)
    assert answer.status_code == 201
    assert answer.json()["message"] == "Status history cleaned up successfully"
    assert answer.json()["data"] == {"deletedCount": 1}
    assert mongo("users")["userstatushistories"].count_documents({}) == 2


def test_cleanup_goes_in_batches_up_to_its_end(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        entry(moment=ago(100 + number), description=str(number))
    monkeypatch.setattr(actions, "_BATCH", 2)
    monkeypatch.setattr(actions, "MOST_DELETED", 4)
    scope = TenantScope(TENANT)
    assert [actions.clean_activities(scope, 90) for _ in range(3)] == [4, 3, 0]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", SEARCH, {"admin", "manager", "user", "viewer"}),
        ("GET", STATISTICS, {"admin", "manager", "user", "viewer"}),
        ("POST", EXPORT, {"admin"}),
        ("POST", CLEANUP, {"admin"}),
        ("POST", HISTORY_CLEANUP, {"admin"}),
    ],
)
def test_who_may(api: Api, method: str, path: str, allowed: set[str]) -> None:
    for role in ("admin", "manager", "user", "viewer"):
        answer = api.request(method, path, as_=Caller(role))
        assert (answer.status_code < 300) == (role in allowed), role
        assert role in allowed or (answer.status_code, answer.json()["message"]) == (403, "Forbidden resource")
    assert api.request(method, path).status_code == 401


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_caller_without_tenant_reaches_all_logs(api: Api, operator: Caller, method: str, path: str) -> None:
    entry(moment=ago(1_000))
    move(ago(1_000))
    for caller in (operator, Caller("admin", None)):
        answer = api.request(method, path, as_=caller)
        assert (answer.status_code, answer.json()["message"]) == (403, "User does not have access to this tenant")
    assert mongo("users")["useractivities"].count_documents({}) == 1
    assert mongo("users")["userstatushistories"].count_documents({}) == 1


def test_the_words_of_the_routes_are_no_ids(api: Api, admin: Caller) -> None:
    assert api.get("/api/users/ACTIVITY/Search/", as_=admin).status_code == 200
    assert api.post(SEARCH, as_=admin).status_code == 404
    assert api.get(CLEANUP, as_=admin).status_code == 404


def test_profile_activity_shows_what_happened_to_the_profile(api: Api) -> None:
    caller = person("user")
    for kind in ("profile_update", "login", "account_creation"):
        entry(kind, userId=ObjectId(caller.user_id))
    answer = api.get("/api/users/me/profile/activity", as_=caller).json()
    assert answer["message"] == "User profile activity retrieved successfully"
    assert {activity["type"] for activity in answer["data"]["activities"]} == {"profile_update", "account_creation"}
    assert answer["data"]["pagination"]["total"] == 2
    assert api.get("/api/users/me/activity", as_=caller).json()["data"]["pagination"]["total"] == 3


def test_status_history_tells_who_did_it(api: Api) -> None:
    boss, caller = person("admin"), person("user")
    api.put(f"/api/users/{caller.user_id}/status", {"status": "suspended"}, as_=boss)
    shown = api.get(f"/api/users/{caller.user_id}/status-history", as_=boss).json()["data"]["history"]
    assert shown[0]["performedBy"]["fullName"] == "Pat Person"
    assert shown[0]["performedBy"]["id"] == boss.user_id
