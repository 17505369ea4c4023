"""Messages and calls, through the API; Twilio is played at the HTTP edge."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import httpx
import pytest
import respx

from core.documents.driver import database as mongo
from core.events.testing import deliver_all
from core.settings.messages import message_settings
from services.leads.communication import rules
from tests.conftest import Api, Caller
from tests.system.platform import lead_body

PATH = "/api/leads/communication"
TWILIO = "https://api.twilio.com/2010-04-01/Accounts/AC1"
OURS = "+15125550199"


@pytest.fixture
def twilio(settings: Any) -> Any:
    settings.MESSAGE_PROVIDER = "twilio"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "provider-token"
    settings.TWILIO_PHONE_NUMBERS = [OURS]
    numbers = iter(range(1000))
    with respx.mock(assert_all_called=False) as routes:
        for name, letters in (("Messages", "SM"), ("Calls", "CA")):
            routes.post(f"{TWILIO}/{name}.json", name=name).mock(
                side_effect=lambda request, letters=letters: httpx.Response(
                    201, json={"sid": f"{letters}{next(numbers)}", "status": "queued", "price": None}
                )
            )
        yield routes


@pytest.fixture
def lead(api: Api, manager: Caller) -> dict[str, Any]:
    return dict(api.post("/api/leads", lead_body(manager.user_id), as_=manager).json())


def form(route: Any) -> dict[str, str]:
    """What Twilio was sent last."""
    return {name: values[0] for name, values in parse_qs(route.calls.last.request.content.decode()).items()}


def entries() -> list[dict[str, Any]]:
    return list(mongo("leads")["communicationlogs"].find({}).sort("_id", 1))


@pytest.mark.parametrize("form_of_id", ["leadId", "_id"])
def test_a_text_to_a_lead(api: Api, agent: Caller, twilio: Any, lead: dict[str, Any], form_of_id: str) -> None:
    answer = api.post(f"{PATH}/lead/{lead[form_of_id]}/sms", {"message": "Hello"}, as_=agent)
    assert (answer.status_code, answer.json()) == (
        201,
        {"success": True, "messageId": "SM0", "status": "queued", "cost": 0},
    )
    sent = form(twilio["Messages"])
    assert (sent["To"], sent["From"], sent["Body"]) == (f"+1{lead['contactInfo']['phone']}", OURS, "Hello")
    assert sent["StatusCallback"].endswith(f"{PATH}/twilio/callback")
    (entry,) = api.get(f"{PATH}/history/{lead[form_of_id]}", as_=agent).json()
    assert (entry["status"], entry["messageId"], entry["content"]) == ("queued", "SM0", "Hello")
    shown = api.get(f"/api/leads/{lead['leadId']}", as_=agent).json()
    assert (shown["communicationHistory"][0]["type"], shown["activities"][-1]["type"]) == ("sms", "communication")
    assert shown["lastContactDate"]
    assert mongo("leads")["outboxevents"].count_documents({"name": "lead.updated"}) == 1


def test_analytics_hears_of_the_first_contact_and_of_answers(
    api: Api, agent: Caller, twilio: Any, lead: dict[str, Any]
) -> None:
    for _ in range(2):
        assert api.post(f"{PATH}/lead/{lead['_id']}/sms", {"message": "Hello"}, as_=agent).json()["success"]
    entry = {"type": "sms", "content": "Yes?", "outcome": "other", "followUpRequired": False}
    came = {**entry, "direction": "inbound", "timestamp": datetime.now(UTC)}
    # The old system also kept times as text.
    sent = {**entry, "direction": "outbound", "timestamp": "2020-01-01T00:00:00.000Z"}
    old = {"$push": {"communicationHistory": {"$each": [came, sent]}}}
    mongo("leads")["leads"].update_one({"leadId": lead["leadId"]}, old)
    assert api.put(f"/api/leads/{lead['leadId']}", {"notes": "called back"}, as_=agent).status_code == 200
    deliver_all()
    (fact,) = mongo("analytics")["leadfacts"].find({})
    first = api.get(f"/api/leads/{lead['leadId']}", as_=agent).json()["communicationHistory"][0]["timestamp"]
    assert fact["firstContactAt"].isoformat()[:23] == first[:23]
    assert (fact["outbound"], fact["inbound"], fact["answered"]) == (3, 1, True)


def test_a_call_to_a_lead_reads_the_message_and_nothing_else(
    api: Api, agent: Caller, twilio: Any, lead: dict[str, Any]
) -> None:
    message = "<Dial>+1900</Dial> & more"
    assert api.post(f"{PATH}/lead/{lead['_id']}/voice", {"message": message}, as_=agent).json()["success"]
    markup = form(twilio["Calls"])["Twiml"]
    assert markup == "<Response><Say>&lt;Dial&gt;+1900&lt;/Dial&gt; &amp; more</Say></Response>"


def test_a_number_is_reached_from_ours_only(api: Api, agent: Caller, twilio: Any, lead: dict[str, Any]) -> None:
    body = {"to": "(512) 555-0100", "from": "512-555-0199", "body": "Hi", "leadId": lead["_id"]}
    assert api.post(f"{PATH}/sms", body, as_=agent).json()["success"]
    assert form(twilio["Messages"])["To"] == "+15125550100"
    # A number that is written into a front end, or somebody else's: our own one sends instead.
    for sender in ("5550000000", "+1 (555) 000-0000", "not a number"):
        assert api.post(f"{PATH}/sms", {**body, "from": sender}, as_=agent).json()["success"]
        assert form(twilio["Messages"])["From"] == entries()[-1]["from"] == OURS
    assert api.post(f"{PATH}/sms", {**body, "to": "12"}, as_=agent).json()["error"] == "Invalid phone number format"
    call = {"to": "5125550100", "from": OURS, "twiml": "<Response/>"}
    assert api.post(f"{PATH}/voice", call, as_=agent).json()["messageId"].startswith("CA")
    assert len(twilio["Messages"].calls) == 4


def test_each_of_our_numbers_may_send(api: Api, agent: Caller, twilio: Any, settings: Any) -> None:
    settings.TWILIO_PHONE_NUMBERS = [OURS, "+15125550188"]
    call = {"to": "5125550100", "twiml": "<Response/>"}
    for wanted, sent in (("(512) 555-0188", "+15125550188"), ("5550000000", OURS)):
        assert api.post(f"{PATH}/voice", {**call, "from": wanted}, as_=agent).json()["success"]
        assert form(twilio["Calls"])["From"] == sent


def test_templates_are_filled_from_the_lead(api: Api, agent: Caller, twilio: Any, lead: dict[str, Any]) -> None:
    known = {one["id"]: one for one in api.get(f"{PATH}/templates", as_=agent).json()}
    assert set(known) == {"welcome-sms", "follow-up-sms", "voice-greeting"}
    path = f"{PATH}/sms/template/{lead['leadId']}"
    assert api.post(path, {"templateId": "welcome-sms", "variables": {}}, as_=agent).json()["success"]
    assert form(twilio["Messages"])["Body"].startswith("Hi Nora,")
    assert api.post(path, {"templateId": "welcome-sms", "variables": {"firstName": "Zed"}}, as_=agent).json()["success"]
    assert form(twilio["Messages"])["Body"].startswith("Hi Zed,")
    voice = {"templateId": "voice-greeting", "variables": {"firstName": "<Hangup/>"}}
    assert api.post(f"{PATH}/voice/template/{lead['_id']}", voice, as_=agent).json()["success"]
    assert "&lt;Hangup/&gt;" in form(twilio["Calls"])["Twiml"]
    answer = api.post(path, {"templateId": "zz", "variables": {}}, as_=agent)
    assert (answer.status_code, answer.json()["message"]) == (400, "Template not found")


def test_an_own_template_replaces_the_general_one(api: Api, agent: Caller, twilio: Any, lead: dict[str, Any]) -> None:
    own = {"id": "welcome-sms", "name": "Ours", "type": "sms", "content": "Yo {{nickname}}", "variables": ["nickname"]}
    mongo("leads")["communicationtemplates"].insert_one({**own, "isActive": True, "tenantId": agent.tenant_id})
    path = f"{PATH}/sms/template/{lead['leadId']}"
    answer = api.post(path, {"templateId": "welcome-sms", "variables": {}}, as_=agent)
    assert (answer.status_code, answer.json()["message"]) == (400, "Missing variables: nickname")
    names = {one["id"]: one["name"] for one in api.get(f"{PATH}/templates", as_=agent).json()}
    assert names["welcome-sms"] == "Ours"


@pytest.mark.parametrize(
    ("change", "sms", "voice"),
    [
        ({"tags": ["Do not contact"]}, False, False),
        ({"tags": ["DNC"]}, False, False),
        ({"customFields": {"doNotContact": True}}, False, False),
        ({"customFields": {"doNotText": True}}, False, True),
        ({"customFields": {"doNotCall": True}}, True, False),
        ({"customFields": {"doNotContact": False}, "tags": ["hot"]}, True, True),
    ],
)
def test_no_lead_is_contacted_against_their_will(
    api: Api, manager: Caller, twilio: Any, lead: dict[str, Any], change: dict[str, Any], sms: bool, voice: bool
) -> None:
    api.put(f"/api/leads/{lead['leadId']}", change, as_=manager)
    number = lead["contactInfo"]["phone"]
    ways = [
        (f"lead/{lead['_id']}/sms", {"message": "x"}, sms),
        (f"sms/template/{lead['_id']}", {"templateId": "welcome-sms", "variables": {}}, sms),
        # Not even when only the number is named.
        ("sms", {"to": number, "from": OURS, "body": "x"}, sms),
        (f"lead/{lead['_id']}/voice", {"message": "x"}, voice),
        ("voice", {"to": number, "from": OURS, "twiml": "<Response/>"}, voice),
    ]
    for path, body, allowed in ways:
        answer = api.post(f"{PATH}/{path}", body, as_=manager).json()
        assert answer["success"] is allowed, path
        assert allowed or answer["error"] == "Lead does not want to be contacted"
    many = api.post(f"{PATH}/bulk/sms", {"leadIds": [lead["_id"]], "message": "x"}, as_=manager).json()
    assert many["success"] is sms
    sent = len(twilio["Messages"].calls) + len(twilio["Calls"].calls)
    assert sent == len(entries()) == 4 * sms + 2 * voice


def test_who_answers_stop_gets_nothing_more(api: Api, agent: Caller, twilio: Any, lead: dict[str, Any]) -> None:
    refused = {"code": 21610, "message": "Attempt to send to unsubscribed recipient"}
    twilio["Messages"].mock(return_value=httpx.Response(400, json=refused))
    path = f"{PATH}/lead/{lead['_id']}/sms"
    answer = api.post(path, {"message": "x"}, as_=agent).json()
    assert answer == {"success": False, "error": "Attempt to send to unsubscribed recipient"}
    assert api.post(path, {"message": "x"}, as_=agent).json()["error"] == "Lead does not want to be contacted"
    assert len(twilio["Messages"].calls) == 1
    assert [entry["status"] for entry in entries()] == ["failed"]


@pytest.mark.parametrize(
    "broken",
    [httpx.Response(503, text="oops"), httpx.Response(500, json={}), httpx.ConnectTimeout("slow")],
    ids=["no json", "500", "time-out"],
)
def test_a_provider_in_trouble_is_told_in_the_answer(
    api: Api, agent: Caller, twilio: Any, lead: dict[str, Any], broken: Any
) -> None:
    how = {"side_effect": broken} if isinstance(broken, Exception) else {"return_value": broken}
    twilio["Messages"].mock(**how)
    answer = api.post(f"{PATH}/lead/{lead['_id']}/sms", {"message": "x"}, as_=agent)
    assert answer.status_code == 201
    assert answer.json()["success"] is False
    assert [(entry["status"], bool(entry["error"])) for entry in entries()] == [("failed", True)]


def test_many_get_their_texts_and_the_same_request_sends_nothing_again(
    api: Api, manager: Caller, twilio: Any, lead: dict[str, Any]
) -> None:
    other = api.post("/api/leads", lead_body(manager.user_id), as_=manager).json()
    body = {"leadIds": [lead["_id"], "64f0000000000000000000ee", "bad", other["leadId"]], "templateId": "welcome-sms"}
    first = api.post(f"{PATH}/bulk/sms", body, as_=manager, HTTP_IDEMPOTENCY_KEY="k1")
    assert first.status_code == 201
    answer = first.json()
    assert [one["success"] for one in answer["results"]] == [True, False, False, True]
    assert answer["results"][1]["error"] == "Lead not found or has no phone number"
    assert answer["summary"] == {"total": 4, "successful": 2, "failed": 2, "totalCost": 0}
    again = api.post(f"{PATH}/bulk/sms", body, as_=manager, HTTP_IDEMPOTENCY_KEY="k1").json()
    assert [one.get("messageId") for one in again["results"]] == [one.get("messageId") for one in answer["results"]]
    assert len(twilio["Messages"].calls) == 2
    api.post(f"{PATH}/bulk/sms", body, as_=manager)
    assert len(twilio["Messages"].calls) == 4


def report(api: Api, token: str = "provider-token", path: str = f"{PATH}/twilio/callback", **sent: str) -> Any:
    signature = rules.signature(f"http://127.0.0.1:8000{path}", sent, token)
    return api.post(
        path, urlencode(sent), content_type="application/x-www-form-urlencoded", HTTP_X_TWILIO_SIGNATURE=signature
    )


def test_reports_move_an_entry_forward_only(api: Api, manager: Caller, twilio: Any, lead: dict[str, Any]) -> None:
    api.post(f"{PATH}/lead/{lead['_id']}/sms", {"message": "x"}, as_=manager)
    api.post(f"{PATH}/lead/{lead['_id']}/voice", {"message": "x"}, as_=manager)
    states = []
    for state in ("sending", "sent", "delivered", "sent", "failed"):
        assert report(api, MessageSid="SM0", MessageStatus=state).status_code == 204
        states.append(entries()[0]["status"])
    assert states == ["queued", "sent", "delivered", "delivered", "delivered"]
    report(api, CallSid="CA1", CallStatus="busy", ErrorCode="17")
    assert (entries()[1]["status"], entries()[1]["error"]) == ("failed", "17")
    stats = api.get(f"{PATH}/stats", as_=manager).json()
    assert stats == {"totalSms": 1, "totalVoice": 1, "totalCost": 0, "successRate": 50}
    assert report(api, MessageSid="unknown", MessageStatus="sent").status_code == 204
    assert report(api, Nothing="x").status_code == 204


def test_a_report_that_is_not_the_providers_is_refused(
    api: Api, manager: Caller, twilio: Any, lead: dict[str, Any], settings: Any
) -> None:
    api.post(f"{PATH}/lead/{lead['_id']}/sms", {"message": "x"}, as_=manager)
    assert report(api, token="guessed", MessageSid="SM0", MessageStatus="failed").status_code == 403
    bare = api.post(f"{PATH}/twilio/callback", {"MessageSid": "SM0", "MessageStatus": "failed"})
    assert bare.status_code == 403
    settings.TWILIO_AUTH_TOKEN = ""
    assert report(api, token="", MessageSid="SM0", MessageStatus="failed").status_code == 403
    assert entries()[0]["status"] == "queued"


def test_the_signature_is_twilios() -> None:
    """The example of Twilio's documentation."""
    sent = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    assert rules.signature("https://mycompany.com/myapp.php?foo=1&bar=2", sent, "12345") == (
        "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )


def test_the_state_of_the_provider(api: Api, manager: Caller, twilio: Any, settings: Any) -> None:
    numbers = {"incoming_phone_numbers": [{"phone_number": OURS}]}
    twilio.get(f"{TWILIO}/IncomingPhoneNumbers.json", name="numbers").mock(
        return_value=httpx.Response(200, json=numbers)
    )
    found = api.get(f"{PATH}/twilio/status", as_=manager).json()
    assert found == {"isConfigured": True, "accountInfo": {"accountSid": "AC1", "phoneNumbers": [OURS], "balance": 0}}
    twilio["numbers"].mock(side_effect=httpx.ConnectError("away"))
    assert api.get(f"{PATH}/twilio/status", as_=manager).json() == {"isConfigured": True, "accountInfo": None}
    settings.MESSAGE_PROVIDER = "none"
    assert api.get(f"{PATH}/twilio/status", as_=manager).json() == {"isConfigured": False, "accountInfo": None}


def test_without_a_provider_nothing_is_sent(api: Api, manager: Caller, lead: dict[str, Any], settings: Any) -> None:
    settings.MESSAGE_PROVIDER = "none"
    for path, body in (
        ("sms", {"to": "5125550100", "from": OURS, "body": "x"}),
        ("voice", {"to": "5125550100", "from": OURS, "twiml": "<Response/>"}),
        (f"lead/{lead['_id']}/sms", {"message": "x"}),
        (f"lead/{lead['_id']}/voice", {"message": "x"}),
        (f"sms/template/{lead['_id']}", {"templateId": "welcome-sms", "variables": {}}),
        (f"voice/template/{lead['_id']}", {"templateId": "voice-greeting", "variables": {"phoneNumber": "1"}}),
    ):
        answer = api.post(f"{PATH}/{path}", body, as_=manager)
        assert (answer.status_code, answer.json()["message"]) == (400, "Twilio not configured"), path
    many = api.post(f"{PATH}/bulk/sms", {"leadIds": [lead["_id"]], "message": "x"}, as_=manager).json()
    assert many["results"] == [{"success": False, "error": "Twilio not configured"}]
    assert entries() == []


def test_another_tenants_lead_is_not_there(
    api: Api, manager: Caller, outsider: Caller, twilio: Any, lead: dict[str, Any]
) -> None:
    api.post(f"{PATH}/lead/{lead['_id']}/sms", {"message": "x"}, as_=manager)
    for path, body in (
        (f"lead/{lead['_id']}/sms", {"message": "x"}),
        (f"sms/template/{lead['leadId']}", {"templateId": "welcome-sms", "variables": {}}),
        ("sms", {"to": "5125550100", "from": OURS, "body": "x", "leadId": lead["_id"]}),
    ):
        answer = api.post(f"{PATH}/{path}", body, as_=outsider)
        assert (answer.status_code, answer.json()["message"]) == (400, "Lead not found")
    assert api.get(f"{PATH}/history/{lead['_id']}", as_=outsider).json() == []
    assert api.get(f"{PATH}/history/nonsense", as_=manager).json() == []
    assert api.get(f"{PATH}/stats", as_=outsider).json()["totalSms"] == 0
    assert len(entries()) == 1


def test_who_may(api: Api, agent: Caller, viewer: Caller, lead: dict[str, Any]) -> None:
    for path in ("sms", "voice", f"lead/{lead['_id']}/sms", f"lead/{lead['_id']}/voice"):
        assert api.post(f"{PATH}/{path}", {}, as_=viewer).status_code == 403
    for path in (f"sms/template/{lead['_id']}", f"voice/template/{lead['_id']}", "bulk/sms"):
        assert api.post(f"{PATH}/{path}", {}, as_=viewer).status_code == 403
    for path in ("templates", f"history/{lead['_id']}"):
        assert api.get(f"{PATH}/{path}", as_=viewer).status_code == 403
    for path in ("stats", "twilio/status"):
        assert api.get(f"{PATH}/{path}", as_=agent).status_code == 403


def test_a_bad_body_is_told_by_name(api: Api, manager: Caller, lead: dict[str, Any]) -> None:
    for path, body, text in (
        ("sms", {"to": 5, "from": "x", "body": "x"}, "to must be a string"),
        ("sms", {"to": "5", "body": "x"}, "from must be a string"),
        (f"lead/{lead['_id']}/sms", {}, "message must be a string"),
        (
            f"lead/{lead['_id']}/sms",
            {"message": "x" * 1601},
            "message must be shorter than or equal to 1600 characters",
        ),
        ("bulk/sms", {"message": "x"}, "leadIds must be an array"),
        ("bulk/sms", {"leadIds": []}, "message should not be empty"),
    ):
        answer = api.post(f"{PATH}/{path}", body, as_=manager)
        assert answer.status_code == 400
        assert text in answer.json()["message"], answer.json()


def test_the_log_of_development_carries_messages(api: Api, agent: Caller, lead: dict[str, Any]) -> None:
    answer = api.post(f"{PATH}/lead/{lead['_id']}/sms", {"message": "x"}, as_=agent).json()
    assert (answer["success"], answer["status"]) == (True, "sent")
    deliver_all()
    assert entries()[0]["status"] == "sent"


def test_settings_refuse_what_they_cannot_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    assert message_settings("production")["MESSAGE_PROVIDER"] == "none"
    monkeypatch.setenv("MESSAGE_PROVIDER", "console")
    with pytest.raises(Exception, match="refused in production"):
        message_settings("production")
    monkeypatch.setenv("MESSAGE_PROVIDER", "twilio")
    with pytest.raises(Exception, match="needs TWILIO_ACCOUNT_SID"):
        message_settings("development")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC1")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "t")
    assert message_settings("production")["MESSAGE_PROVIDER"] == "twilio"
    assert json.dumps(message_settings("production"))
