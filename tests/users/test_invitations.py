"""Inviting people: who may, what the mail's link does, how an invitation ends."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from core.documents.collection import now
from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from services.users.invitations import actions
from services.users.invitations.mails import send_invitation_mail
from tests.conftest import OTHER_TENANT, TENANT, Api, Caller

BODY = {"email": "New@acme.test", "roles": ["acquisitions"], "message": "Welcome aboard"}
ACCEPT = {"firstName": "New", "lastName": "Comer", "password": "Str0ng!pass"}
PATH = "/api/admin/invitations"


@pytest.fixture
def mails(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Arguments of the mails that the worker was asked to send: address, token, message."""
    sent: list[Any] = []
    monkeypatch.setattr(actions, "enqueue", lambda task, *arguments: sent.append(arguments))
    return sent


def invite(api: Api, caller: Caller, mails: list[Any], **changes: Any) -> tuple[str, str]:
    """Invite somebody; return the invitation's id and the mailed token."""
    answer = api.post(PATH, BODY | changes, as_=caller)
    assert answer.status_code == 201, answer.json()
    deliver_all()
    return answer.json()["invitation"]["id"], mails[-1][1]


def accept(api: Api, token: str, **changes: Any) -> Any:
    return api.post("/api/auth/accept-invitation", {"token": token, **ACCEPT, **changes})


def test_an_invited_person_comes_in_with_the_role_and_tenant_of_the_invitation(
    api: Api, admin: Caller, mails: list[Any]
) -> None:
    answer = api.post(PATH, BODY, as_=admin)
    assert answer.status_code == 201
    made = answer.json()
    assert made["message"] == "Invitation sent successfully"
    shown = made["invitation"]
    assert (shown["email"], shown["status"], shown["roles"]) == ("new@acme.test", "pending", ["acquisitions"])
    deliver_all()
    token = mails[0][1]
    valid = api.get(f"/api/auth/validate-invitation/{token}").json()
    assert valid["valid"] is True
    assert (valid["invitation"]["email"], valid["invitation"]["message"]) == ("new@acme.test", "Welcome aboard")
    answer = accept(api, token)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["message"] == "Invitation accepted and account created successfully"
    assert answer.json()["user"]["roles"] == ["acquisitions"]
    login = api.post("/api/auth/login", {"email": "new@acme.test", "password": ACCEPT["password"]})
    assert login.status_code == 200
    deliver_all()
    person = api.get("/api/users/me", as_=login.json()["token"]).json()["data"]["user"]
    assert (person["tenantId"], person["status"]) == (TENANT, "active")
    (listed,) = api.get(PATH, as_=admin).json()["invitations"]
    assert listed["status"] == "accepted"
    assert "token" not in listed
    assert "acceptedAt" in listed
    kinds = {entry["type"] for entry in mongo("users")["useractivities"].find({"tenantId": ObjectId(TENANT)})}
    assert {"invitation_sent", "invitation_accepted"} <= kinds


def test_a_token_opens_once_also_for_two_at_once(api: Api, admin: Caller, mails: list[Any]) -> None:
    _, token = invite(api, admin, mails)
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(accept(api, token).status_code)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes.count(200) == 1
    assert set(codes) <= {200, 400, 409}
    assert api.get(f"/api/auth/validate-invitation/{token}").json() == {
        "valid": False,
        "message": "Invalid or expired invitation token",
    }
    deliver_all()
    assert mongo("users")["users"].count_documents({}) == 1


def test_the_mail_holds_the_link_and_escapes_what_people_write(mailoutbox: Any) -> None:
    send_invitation_mail("a@x.test", "t0ken", "<b>hi</b> & welcome")
    (mail,) = mailoutbox
    assert "/accept-invitation?token=t0ken" in mail.body
    assert "<b>hi</b> & welcome" in mail.body
    assert "&lt;b&gt;hi&lt;/b&gt;" in mail.alternatives[0][0]


def test_the_token_is_stored_nowhere(api: Api, admin: Caller, mails: list[Any]) -> None:
    _, token = invite(api, admin, mails)
    for service, name in (("users", "userinvitations"), ("auth", "authinvitations"), ("users", "outboxevents")):
        assert token not in str(list(mongo(service)[name].find()))


@pytest.mark.parametrize("role", ["user", "viewer", "acquisitions", "dispositions"])
def test_only_admins_and_managers_invite(api: Api, role: str) -> None:
    caller = Caller(role)
    assert api.post(PATH, BODY, as_=caller).status_code == 403
    assert api.get(PATH, as_=caller).status_code == 403
    assert api.get(f"{PATH}/stats", as_=caller).status_code == 403


def test_a_manager_makes_no_managers(api: Api, manager: Caller, mails: list[Any]) -> None:
    for roles in (["admin"], ["manager"], ["user", "admin"]):
        assert api.post(PATH, BODY | {"roles": roles}, as_=manager).status_code == 403
    invite(api, manager, mails, roles=["dispositions"])


def test_an_address_is_invited_once_at_a_time(api: Api, admin: Caller, mails: list[Any]) -> None:
    invite(api, admin, mails)
    answer = api.post(PATH, BODY | {"email": "NEW@ACME.TEST"}, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (
        409,
        "A pending invitation already exists for this email",
    )
    mongo("users")["userinvitations"].update_many({}, {"$set": {"expiresAt": now() - timedelta(seconds=1)}})
    invite(api, admin, mails)
    assert api.get(f"{PATH}/stats", as_=admin).json() == {
        "total": 2,
        "pending": 1,
        "expired": 1,
        "accepted": 0,
        "cancelled": 0,
    }


def test_a_user_who_has_an_account_is_not_invited(api: Api, admin: Caller) -> None:
    api.post("/api/users", {"email": "new@acme.test", "firstName": "A", "lastName": "B"}, as_=admin)
    answer = api.post(PATH, BODY, as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (409, "User with this email already exists")


def test_an_account_that_was_opened_meanwhile_is_a_conflict(api: Api, admin: Caller, mails: list[Any]) -> None:
    _, token = invite(api, admin, mails)
    account = {"email": "new@acme.test", "password": "Str0ng!pass", "firstName": "A", "lastName": "B"}
    api.post("/api/auth/register", account)
    answer = accept(api, token)
    assert (answer.status_code, answer.json()["message"]) == (409, "User with this email already exists")


def test_a_cancelled_invitation_opens_nothing(api: Api, admin: Caller, mails: list[Any]) -> None:
    key, token = invite(api, admin, mails)
    answer = api.put(f"{PATH}/{key}/cancel", {"reason": "mistake"}, as_=admin)
    assert answer.json() == {"message": "Invitation cancelled successfully"}
    deliver_all()
    assert accept(api, token).json()["message"] == "Invalid or expired invitation token"
    again = api.put(f"{PATH}/{key}/cancel", as_=admin)
    assert (again.status_code, again.json()["message"]) == (400, "Only pending invitations can be cancelled")
    assert api.put(f"{PATH}/{key}/resend", as_=admin).json()["message"] == "Only pending invitations can be resent"


def test_accepting_and_cancelling_in_one_moment_lets_no_user_in(api: Api, admin: Caller, mails: list[Any]) -> None:
    key, token = invite(api, admin, mails)
    api.put(f"{PATH}/{key}/cancel", as_=admin)
    # Auth has not heard of it yet.
    assert accept(api, token).status_code == 200
    deliver_all()
    assert mongo("users")["users"].find_one({})["status"] == "inactive"  # type: ignore[index]
    login = api.post("/api/auth/login", {"email": "new@acme.test", "password": ACCEPT["password"]})
    assert login.status_code == 401


def test_a_resent_invitation_has_a_new_link_and_a_new_week(api: Api, admin: Caller, mails: list[Any]) -> None:
    key, first = invite(api, admin, mails)
    mongo("users")["userinvitations"].update_many({}, {"$set": {"expiresAt": now() + timedelta(hours=1)}})
    assert api.put(f"{PATH}/{key}/resend", as_=admin).json() == {"message": "Invitation resent successfully"}
    deliver_all()
    assert api.get(f"/api/auth/validate-invitation/{first}").json()["valid"] is False
    assert accept(api, mails[-1][1]).status_code == 200


def test_an_expired_invitation_is_neither_accepted_nor_resent(api: Api, admin: Caller, mails: list[Any]) -> None:
    key, token = invite(api, admin, mails)
    for service, name in (("users", "userinvitations"), ("auth", "authinvitations")):
        mongo(service)[name].update_many({}, {"$set": {"expiresAt": now() - timedelta(seconds=1)}})
    assert accept(api, token).status_code == 400
    assert api.put(f"{PATH}/{key}/resend", as_=admin).json()["message"] == "Invitation has expired"
    (listed,) = api.get(PATH, as_=admin).json()["invitations"]
    assert (listed["status"], listed["isExpired"], listed["isValid"]) == ("pending", True, False)
    assert api.put(f"{PATH}/{key}/cancel", as_=admin).status_code == 200


def test_the_list_is_filtered_paged_and_names_the_inviter(api: Api, admin: Caller, mails: list[Any]) -> None:
    mongo("users")["users"].insert_one(
        {
            "_id": ObjectId(admin.user_id),
            "email": admin.email,
            "firstName": "Ada",
            "lastName": "Boss",
            "status": "active",
        }
    )
    for number in range(3):
        invite(api, admin, mails, email=f"p{number}@acme.test")
    page = api.get(f"{PATH}?limit=2", as_=admin).json()
    assert (page["total"], page["page"], page["limit"], page["totalPages"]) == (3, 1, 2, 2)
    assert [one["email"] for one in page["invitations"]] == ["p2@acme.test", "p1@acme.test"]
    inviter = page["invitations"][0]["invitedBy"]
    assert (inviter["id"], inviter["fullName"]) == (admin.user_id, "Ada Boss")
    assert api.get(f"{PATH}?email=P1", as_=admin).json()["total"] == 1
    assert api.get(f"{PATH}?email=.*", as_=admin).json()["total"] == 0
    assert api.get(f"{PATH}?status=cancelled", as_=admin).json()["total"] == 0
    assert api.get(f"{PATH}?status=unheard-of", as_=admin).json()["total"] == 0
    assert api.get(f"{PATH}?page=0&shoe=44", as_=admin).json()["page"] == 1
    answer = api.get(f"{PATH}?page=x", as_=admin)
    assert (answer.status_code, answer.json()["message"]) == (400, "Validation failed (numeric string is expected)")


def test_another_tenants_invitations_do_not_exist(api: Api, admin: Caller, outsider: Caller, mails: list[Any]) -> None:
    key, _ = invite(api, admin, mails)
    assert outsider.tenant_id == OTHER_TENANT
    assert api.get(PATH, as_=outsider).json()["total"] == 0
    for what in ("cancel", "resend"):
        answer = api.put(f"{PATH}/{key}/{what}", as_=outsider)
        assert (answer.status_code, answer.json()["message"]) == (404, "Invitation not found")
    assert api.put(f"{PATH}/nonsense/cancel", as_=admin).status_code == 404


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"email": "nope"}, "Please provide a valid email address"),
        ({"roles": ["king"]}, "each value in roles must be one of the following values: admin, manager, user"),
        ({"roles": "user"}, "roles must be an array"),
        ({"message": "x" * 1001}, "message must be shorter than or equal to 1000 characters"),
        ({"status": "accepted"}, "property status should not exist"),
    ],
)
def test_a_bad_invitation_is_refused_by_name(api: Api, admin: Caller, change: Any, message: str) -> None:
    answer = api.post(PATH, BODY | change, as_=admin)
    assert answer.status_code == 400
    assert any(text.startswith(message) for text in answer.json()["message"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"password": "Sh0rt!"}, "Password must be at least 8 characters long"),
        ({"password": "longbutsimple"}, "Password must contain at least one uppercase letter"),
        ({"firstName": ""}, "First name must be between 1 and 50 characters"),
        ({"lastName": 5}, "Last name must be a string"),
        ({"roles": ["admin"]}, "property roles should not exist"),
    ],
)
def test_a_bad_acceptance_leaves_the_invitation_open(
    api: Api, admin: Caller, mails: list[Any], change: Any, message: str
) -> None:
    _, token = invite(api, admin, mails)
    answer = accept(api, token, **change)
    assert answer.status_code == 400
    texts = answer.json()["message"]
    assert any(text.startswith(message) for text in ([texts] if isinstance(texts, str) else texts))
    assert accept(api, token).status_code == 200
