"""Tokens: who gets in, who does not, and how fast a change of access is felt."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from core.documents.collection import now
from core.documents.driver import database
from core.errors import AuthenticationFailed, Forbidden
from core.identity import access, keys
from core.identity.principals import Principal
from core.identity.tables import ACCESS
from core.identity.tenancy import with_requested_tenant
from core.identity.tokens import sign_legacy, verify
from tests.conftest import OTHER_TENANT, TENANT, Caller, forget

pytestmark = pytest.mark.usefixtures("database")
SERVICE = settings.SERVICES[0]
PRIVATE = Ed25519PrivateKey.generate()
PUBLIC = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
JWK = {
    "kty": "OKP",
    "crv": "Ed25519",
    "kid": "k1",
    "alg": "EdDSA",
    "x": base64.urlsafe_b64encode(PUBLIC).decode().rstrip("="),
}


@pytest.fixture(autouse=True)
def published_keys(monkeypatch: pytest.MonkeyPatch, settings: Any) -> list[dict[str, Any]]:
    published = [JWK]
    monkeypatch.setattr("tests.core.test_tokens.provider", lambda: {"keys": published}, raising=False)
    settings.JWKS_PROVIDER = "tests.core.test_tokens.provider"
    return published


def claims(**changes: Any) -> dict[str, Any]:
    moment = int(time.time())
    complete = {
        "sub": "64a0000000000000000000a1",
        "email": "a@acme.test",
        "roles": ["admin"],
        "tenantId": TENANT,
        "iat": moment,
        "exp": moment + 60,
        "iss": settings.JWT_ISSUER,
        "aud": settings.JWT_AUDIENCE,
    }
    return {name: value for name, value in {**complete, **changes}.items() if value is not None}


def eddsa(payload: dict[str, Any], kid: str = "k1") -> str:
    return jwt.encode(payload, PRIVATE, algorithm="EdDSA", headers={"kid": kid})


def test_both_kinds_of_token_name_the_same_caller() -> None:
    for token in (eddsa(claims()), sign_legacy(claims())):
        principal = verify(token)
        assert (principal.user_id, principal.tenant_id, principal.roles) == (
            "64a0000000000000000000a1",
            TENANT,
            ("admin",),
        )


def test_an_old_token_without_issuer_and_audience_is_accepted() -> None:
    assert verify(sign_legacy(claims(iss=None, aud=None))).email == "a@acme.test"


def unsigned(payload: dict[str, Any]) -> str:
    parts = [{"alg": "none", "typ": "JWT"}, payload]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda: "abc.def.ghi", id="garbage"),
        pytest.param(lambda: "", id="empty"),
        pytest.param(lambda: unsigned(claims()), id="alg none"),
        pytest.param(
            lambda: jwt.encode(claims(), "another secret of enough length!!", algorithm="HS256"), id="other secret"
        ),
        pytest.param(
            lambda: jwt.encode(claims(), PUBLIC.hex(), algorithm="HS256", headers={"kid": "k1"}),
            id="HS with public key",
        ),
        pytest.param(
            lambda: jwt.encode(claims(), settings.JWT_SECRET, algorithm="HS256", headers={"kid": "k1"}),
            id="HS with kid",
        ),
        pytest.param(lambda: jwt.encode(claims(), settings.JWT_SECRET, algorithm="HS512"), id="HS512"),
        pytest.param(lambda: eddsa(claims(), kid="unknown"), id="unknown kid"),
        pytest.param(lambda: eddsa(claims(exp=int(time.time()) - 60)), id="expired"),
        pytest.param(lambda: sign_legacy(claims(exp=int(time.time()) - 60)), id="expired legacy"),
        pytest.param(lambda: eddsa(claims(exp=None)), id="without expiry"),
        pytest.param(lambda: eddsa(claims(iss="somebody")), id="other issuer"),
        pytest.param(lambda: eddsa(claims(aud="other")), id="other audience"),
        pytest.param(lambda: sign_legacy(claims(iss="somebody")), id="other issuer legacy"),
        pytest.param(lambda: eddsa(claims(type="refresh")), id="refresh token"),
        pytest.param(
            lambda: jwt.encode(claims(), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers={"kid": "k1"}),
            id="other key",
        ),
    ],
)
def test_no_other_token_gets_in(token: Any) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        verify(token())
    assert caught.value.message == "Unauthorized"


@pytest.mark.parametrize("missing", ["sub", "email"])
def test_a_token_needs_subject_and_email(missing: str) -> None:
    with pytest.raises(AuthenticationFailed, match="Invalid token payload"):
        verify(sign_legacy(claims(**{missing: None})))


def test_a_kind_that_is_switched_off_is_refused(settings: Any) -> None:
    settings.JWT_ACCEPT = ("jwks",)
    with pytest.raises(AuthenticationFailed):
        verify(sign_legacy(claims()))


def test_a_rotated_key_is_found_without_restart(published_keys: list[dict[str, Any]]) -> None:
    verify(eddsa(claims()))
    published_keys[:] = [{**JWK, "kid": "k2"}]
    keys.key_set.forget()
    assert verify(eddsa(claims(), kid="k2")).email == "a@acme.test"


def test_unknown_key_ids_do_not_ask_again_each_time(published_keys: list[dict[str, Any]]) -> None:
    for number in range(5):
        with pytest.raises(AuthenticationFailed):
            verify(eddsa(claims(), kid=f"forged-{number}"))
    published_keys[:] = []
    assert keys.key_set.get("k1") is not None


def test_keys_are_kept_for_a_start_without_auth(settings: Any) -> None:
    settings.JWKS_PROVIDER = ""
    ACCESS.save(SERVICE, "jwks", {"keys": [JWK]})
    forget()
    assert verify(eddsa(claims())).email == "a@acme.test"


def change(version: int, **fields: Any) -> None:
    payload = {"userId": "64a0000000000000000000a1", "status": "active", "roles": ["admin"], **fields}
    access.apply_access_change(SERVICE, payload, version)


@pytest.mark.parametrize("status", ["suspended", "inactive"])
def test_a_person_who_lost_access_is_out(status: str) -> None:
    token = sign_legacy(claims())
    verify(token)
    change(2, status=status)
    with pytest.raises(AuthenticationFailed, match=f"User account is {status}"):
        verify(token)


def test_a_changed_role_holds_over_the_token() -> None:
    token = sign_legacy(claims())
    change(2, roles=["viewer"])
    assert not verify(token).may("leads:update")


def test_a_token_is_not_overruled_by_what_it_already_knows() -> None:
    change(3, roles=["viewer"])
    assert verify(sign_legacy(claims(rev=3))).may("leads:update")
    assert not verify(sign_legacy(claims(rev=2))).may("leads:update")


def test_an_older_change_does_not_undo_a_newer_one() -> None:
    change(3, status="suspended")
    change(2, status="active")
    with pytest.raises(AuthenticationFailed):
        verify(sign_legacy(claims()))


def test_another_process_change_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    token = sign_legacy(claims())
    verify(token)
    # Written past this process' memory, as a worker does.
    ACCESS.save(SERVICE, "user:64a0000000000000000000a1", {"status": "suspended", "roles": []}, version=2)
    verify(token)
    monkeypatch.setattr(access, "REFRESH_SECONDS", 0)
    with pytest.raises(AuthenticationFailed):
        verify(token)


def test_a_read_that_a_change_overtakes_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread reads "active"; before it has remembered that, the change arrives, and another thread looks for changes."""
    entry_id, read = "user:64a0000000000000000000a1", ACCESS.find_one
    ACCESS.save(SERVICE, entry_id, {"status": "active"})
    memory = access.AccessMemory()
    memory.get("warm")

    def overtaken(service: str, key: str) -> Any:
        entry = read(service, key)
        monkeypatch.setattr(ACCESS, "find_one", read)
        ACCESS.save(SERVICE, entry_id, {"status": "suspended"})
        monkeypatch.setattr(access, "REFRESH_SECONDS", 0)
        memory.get("another thread's")
        return entry

    monkeypatch.setattr(ACCESS, "find_one", overtaken)
    memory.get(entry_id)
    for _ in range(2):
        assert memory.get(entry_id)["status"] == "suspended"  # type: ignore[index]


def test_two_changes_in_one_millisecond_are_both_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = now()
    monkeypatch.setattr("core.identity.tables.now", lambda: moment)
    monkeypatch.setattr(access, "REFRESH_SECONDS", 0)
    memory = access.AccessMemory()
    for status in ("active", "suspended"):
        ACCESS.save(SERVICE, "user:u", {"status": status})
        assert memory.get("user:u")["status"] == status  # type: ignore[index]


def revoke(**ended: Any) -> None:
    user = {"userId": "64a0000000000000000000a1", "sessionIds": []}
    access.apply_session_revocation(SERVICE, {**user, **ended})


def test_a_token_of_the_old_system_ends_alone() -> None:
    first, second = (sign_legacy(claims(iat=int(time.time()) - age)) for age in (20, 10))
    ended = verify(first)
    revoke(tokens={ended.token_key: datetime.fromtimestamp(ended.expires_at, UTC)})
    with pytest.raises(AuthenticationFailed):
        verify(first)
    assert verify(second).email == "a@acme.test"
    (entry,) = database(SERVICE)["accessentries"].find({"_id": {"$regex": "^token:"}})
    assert entry["expiresAt"].timestamp() > ended.expires_at


def test_all_tokens_of_the_old_system_made_until_then_end() -> None:
    old, new, other = (
        claims(iat=int(time.time()) - 20),
        claims(iat=int(time.time())),
        claims(sub="64a0000000000000000000a2"),
    )
    until = now() - timedelta(seconds=10)
    revoke(tokensUntil=until)
    # A late event takes nothing back.
    revoke(tokensUntil=until - timedelta(seconds=60))
    with pytest.raises(AuthenticationFailed):
        verify(sign_legacy(old))
    assert verify(sign_legacy(new)).email == "a@acme.test"
    assert verify(sign_legacy(other)).email == "a@acme.test"
    assert verify(sign_legacy({**old, "sessionId": "s1"})).session_id == "s1"


def test_a_revoked_key_opens_nothing_even_for_a_token_seen_before() -> None:
    token, forged = eddsa(claims()), eddsa(claims(exp=int(time.time()) + 10**8))
    verify(token)
    keys.apply_key_revocation(SERVICE, ["k1"], [{**JWK, "kid": "k2"}])
    for one in (token, forged):
        with pytest.raises(AuthenticationFailed):
            verify(one)
    forget()
    for one in (token, forged):
        with pytest.raises(AuthenticationFailed):
            verify(one)
    (entry,) = database(SERVICE)["accessentries"].find({"_id": "key:k1"})
    assert "expiresAt" not in entry


def test_the_next_key_is_known_from_the_event_while_auth_is_not_asked(
    published_keys: list[dict[str, Any]], settings: Any
) -> None:
    settings.JWKS_PROVIDER = ""
    ACCESS.save(SERVICE, "jwks", {"keys": [JWK]})
    verify(eddsa(claims()))
    keys.apply_key_revocation(SERVICE, ["k1"], [{**JWK, "kid": "k2"}])
    assert verify(eddsa(claims(), kid="k2")).key_id == "k2"


def test_an_ended_session_is_out() -> None:
    token = sign_legacy(claims(sessionId="s1"))
    verify(token)
    access.apply_session_revocation(SERVICE, {"sessionIds": ["s1"], "userId": "64a0000000000000000000a1"})
    with pytest.raises(AuthenticationFailed):
        verify(token)


def tenant(version: int = 1, **fields: Any) -> None:
    known = {
        "tenantId": TENANT,
        "uuid": "u-1",
        "name": "Acme",
        "subdomain": "acme",
        "status": "active",
        "ownerId": None,
    }
    access.apply_tenant(SERVICE, {**known, "adminIds": [], "deleted": False, **fields}, version)


@pytest.mark.parametrize("fields", [{"status": "suspended"}, {"status": "inactive"}, {"deleted": True}])
def test_members_of_a_closed_tenant_are_refused(fields: dict[str, Any]) -> None:
    tenant(**fields)
    with pytest.raises(Forbidden, match="Invalid or inactive tenant"):
        verify(sign_legacy(claims()))


def test_a_pending_tenant_is_open_to_its_owner_only() -> None:
    tenant(status="pending", ownerId="64a0000000000000000000a1")
    assert verify(sign_legacy(claims())).tenant_name == "Acme"
    with pytest.raises(Forbidden):
        verify(sign_legacy(claims(sub="64a0000000000000000000a2")))


def principal(**changes: Any) -> Principal:
    return verify(Caller(**changes).token)


def test_a_header_may_confirm_the_tenant_in_each_of_its_names() -> None:
    tenant()
    for name in (TENANT, "u-1", "acme", "Acme"):
        assert with_requested_tenant(principal(), name).tenant_id == TENANT


def test_a_header_may_not_choose_another_tenant() -> None:
    with pytest.raises(Forbidden, match="User does not have access to this tenant"):
        with_requested_tenant(principal(), OTHER_TENANT)


def test_an_operator_may_choose_a_tenant() -> None:
    chosen = with_requested_tenant(principal(role="SUPER_ADMIN", tenant_id=None), OTHER_TENANT)
    assert chosen.scope.tenant_id == OTHER_TENANT
    assert not chosen.scope.everywhere
