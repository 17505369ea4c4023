"""Use cases of the second factor: set up, confirm, check, remove.

Every check first takes one of five tries, atomically, and gives them back when the code was good: parallel guesses get no
further than one after the other.
"""

import uuid
from datetime import datetime, timedelta

from bson import ObjectId

from core.documents.collection import now
from core.documents.database import Document
from core.documents.ids import object_id
from core.documents.transactions import transactional
from core.errors import BadRequest, Unauthorized
from core.identity.crypto import box, keyed_digest
from services.auth.audit.actions import Happening, Origin, note
from services.auth.directory.actions import erase_second_factor, mark_second_factor
from services.auth.directory.documents import FactorDocument
from services.auth.directory.models import MFAS
from services.auth.directory.queries import person_by_id
from services.auth.mfa import rules
from services.auth.sessions.actions import end_sessions_of

_PURPOSE = "second factors"
_TRIES, _LOCK = 5, timedelta(minutes=30)

_REQUIRED = "MFA verification required"
_WRONG = "Invalid verification code"
_NOT_ENABLED = "MFA is not enabled for this user"

_ENABLED = Happening("mfa_enabled", "Second factor switched on", severity="medium")
_DISABLED = Happening("mfa_disabled", "Second factor switched off", severity="medium")
_VERIFIED = Happening("mfa_verification", "Second factor checked", activity=None)
_SPENT = Happening("mfa_verification", "A backup code was used", severity="medium")
_FAILED = Happening("mfa_failed", "Wrong code of the second factor", severity="high", outcome="failure")


@transactional("auth")
def set_up(user_id: str) -> Document:
    """Make a new secret and backup codes, in force once `confirm` has seen a code, and return them in clear, once:
    `{secret, image, codes}`. Raises BadRequest when a second factor is on already, Unauthorized for an unknown person."""
    person = person_by_id(user_id)
    if person is None:
        raise Unauthorized("Invalid token")
    existing = _factor(user_id)
    if existing and existing["isEnabled"]:
        raise BadRequest("MFA already exists for this user")
    secret, codes = rules.new_secret(), rules.new_backup_codes()
    fields: FactorDocument = {
        "secret": box(_PURPOSE).encrypt(secret.encode()).decode(),
        "backupCodes": [_digest(user_id, code) for code in codes],
        "usedBackupCodes": [],
        "isEnabled": False,
        "isVerified": False,
        "failedAttempts": 0,
        "lockedUntil": None,
        "lastStep": 0,
        "tenantId": object_id(person.get("tenantId")),
    }
    key = {"userId": ObjectId(user_id)}
    MFAS.update_one(key, sets=fields, upsert=True)
    return {"secret": secret, "image": rules.qr_image(rules.provisioning_url(secret, person["email"])), "codes": codes}


def check_code(user_id: str, code: str, origin: Origin) -> bool:
    """Whether `code` is good; the first good one of the authenticator switches a new second factor on.

    Raises BadRequest when there is none, when it is locked, and for a wrong code as long as it is not on."""
    factor = _factor(user_id)
    if factor is None:
        raise BadRequest(_NOT_ENABLED)
    good = _is_good(factor, code, origin)
    if factor["isEnabled"]:
        return good
    if not good:
        raise BadRequest(_WRONG)
    _switch_on(user_id, origin)
    return True


def demand_second_factor(user_id: str, code: str | None, origin: Origin, *, challenge: str = "") -> None:
    """Return when the person has no second factor, or `code` is good. Raises Unauthorized otherwise; without a code its
    body holds `challenge`, by which the second step can name the first."""
    factor = _factor(user_id)
    if factor is None or not factor["isEnabled"]:
        return
    if not code:
        raise Unauthorized(_REQUIRED, more={"challengeId": challenge or uuid.uuid4().hex})
    try:
        good = _is_good(factor, code, origin)
    except _Locked:
        raise Unauthorized("Account is temporarily locked") from None
    if not good:
        raise Unauthorized(_WRONG)


def has_second_factor(user_id: str) -> bool:
    """Whether the person's second factor is on."""
    factor = _factor(user_id)
    return factor is not None and bool(factor["isEnabled"])


@transactional("auth")
def switch_off(user_id: str, origin: Origin, *, keep_session: str | None = None) -> None:
    """Erase secret and codes and end all sessions but `keep_session`. Who may do that is the caller's to check."""
    erase_second_factor(user_id)
    end_sessions_of(user_id, reason="mfa_disabled", keep=keep_session)
    note(user_id, _DISABLED, origin)


@transactional("auth")
def unlock(user_id: str) -> None:
    """Give all tries back."""
    change = {"$set": {"failedAttempts": 0, "lockedUntil": None}}
    MFAS.update_one({"userId": object_id(user_id)}, change)


class _Locked(BadRequest):
    """Too many wrong codes."""


def _is_good(factor: FactorDocument, code: str, origin: Origin) -> bool:
    user_id, moment = str(factor["userId"]), now()
    _take_a_try(factor, moment)
    spent = _spend_backup_code(factor, code) if rules.is_backup_code(code) and factor["isEnabled"] else False
    if not spent and not _spend_step(factor, code, moment):
        note(user_id, _FAILED, origin)
        return False
    MFAS.update_one({"_id": factor["_id"]}, sets={"failedAttempts": 0, "lockedUntil": None, "lastUsedAt": moment})
    note(user_id, _SPENT if spent else _VERIFIED, origin)
    return True


def _take_a_try(factor: FactorDocument, moment: datetime) -> None:
    """Count a try before the code is checked; the fifth locks. Raises _Locked when none is left."""
    free = {"_id": factor["_id"], "$or": [{"lockedUntil": None}, {"lockedUntil": {"$lte": moment}}]}
    counted = MFAS.update_and_get(free, {"$inc": {"failedAttempts": 1}})
    if counted is None or counted["failedAttempts"] > _TRIES:
        raise _Locked("Too many wrong codes. Please try again later.")
    if counted["failedAttempts"] >= _TRIES:
        lock = {"$set": {"lockedUntil": moment + _LOCK, "failedAttempts": 0}}
        MFAS.update_one({"_id": factor["_id"]}, lock)


def _spend_backup_code(factor: FactorDocument, code: str) -> bool:
    hashed = _digest(str(factor["userId"]), code)
    unspent = {"_id": factor["_id"], "backupCodes": hashed}
    change = {"$pull": {"backupCodes": hashed}, "$push": {"usedBackupCodes": hashed}}
    return MFAS.update_one(unspent, change)


def _spend_step(factor: FactorDocument, code: str, moment: datetime) -> bool:
    secret = box(_PURPOSE).decrypt(factor["secret"].encode()).decode()
    step = rules.step_of(secret, code, moment)
    if step is None:
        return False
    # A used code, or an older one, is no longer valid (RFC 6238 §5.2).
    unspent = {"_id": factor["_id"], "lastStep": {"$lt": step}}
    return MFAS.update_one(unspent, sets={"lastStep": step})


@transactional("auth")
def _switch_on(user_id: str, origin: Origin) -> None:
    fields: FactorDocument = {"isEnabled": True, "isVerified": True, "verifiedAt": now()}
    MFAS.update_one({"userId": object_id(user_id)}, sets=fields)
    mark_second_factor(user_id, on=True)
    note(user_id, _ENABLED, origin)


def _factor(user_id: str) -> FactorDocument | None:
    return MFAS.find_one({"userId": object_id(user_id)}) if object_id(user_id) else None


def _digest(user_id: str, code: str) -> str:
    return keyed_digest(_PURPOSE, f"{user_id}:{code}")
