"""Use cases of preferences: make them at the first read, change them, reset them."""

from pymongo.errors import DuplicateKeyError

from core.documents.collection import now
from core.documents.ids import either_form, object_id
from core.documents.scope import TenantScope
from core.documents.transactions import transactional
from core.errors import existing
from core.identity.principals import Principal
from services.users.accounts.authority import Act
from services.users.accounts.documents import UserDocument
from services.users.accounts.logbook import log_activities, log_activity
from services.users.accounts.queries import user_by_id
from services.users.accounts.standing import require, standing_of
from services.users.preferences import rules
from services.users.preferences.documents import Groups, PreferencesDocument
from services.users.preferences.models import PREFERENCES
from services.users.preferences.queries import preferences_of


def read_preferences(user_id: str) -> PreferencesDocument:
    """Return a person's preferences, made with the defaults when there are none yet. Raises NotFound for an id that
    no user can have.

    One atomic statement: of several first reads at once, the unique index lets one make the document."""
    found = preferences_of(user_id)
    if found is not None:
        return found
    key = existing(object_id(user_id), "User not found")
    fresh = {"userId": key, "preferences": rules.defaults(), "changeHistory": []}
    try:
        made = PREFERENCES.update_and_get({"userId": either_form(user_id)}, {"$setOnInsert": fresh}, upsert=True)
    except DuplicateKeyError:
        made = preferences_of(user_id)
    assert made is not None
    return made


def update_preferences(actor: Principal, user_id: str, wanted: Groups) -> PreferencesDocument:
    """Merge the groups `wanted` into a person's preferences and return the document. Raises NotFound, Forbidden."""
    user = _changeable(actor, user_id)
    # Before the transaction: a clash of two first reads inside of it would end it.
    read_preferences(user_id)
    return _update(actor.scope, user, wanted)


def reset_preferences(actor: Principal, user_id: str) -> PreferencesDocument:
    """Set a person's preferences to the defaults and return the document. Raises NotFound, Forbidden."""
    user = _changeable(actor, user_id)
    read_preferences(user_id)
    return _reset(actor.scope, user)


def _changeable(actor: Principal, user_id: str) -> UserDocument:
    user = user_by_id(actor.scope, user_id)
    require(actor, Act.PREFERENCES, standing_of(user))
    return user


@transactional("users")
def _update(scope: TenantScope, user: UserDocument, wanted: Groups) -> PreferencesDocument:
    document = read_preferences(str(user["_id"]))
    stored = document.get("preferences")
    changes = rules.changes_to(stored, wanted)
    if not changes:
        return document
    actor = object_id(scope.actor_id) or scope.actor_id
    history = rules.remembered(document.get("changeHistory"), changes, moment=now(), actor=actor)
    fields = {**rules.assignments(stored, changes), "changeHistory": history}
    changed = PREFERENCES.update_and_get({"_id": document["_id"]}, {"$set": fields})
    assert changed is not None
    entries = [(f"Preference {change['field']} changed", change) for change in changes]
    log_activities(user, "preferences_update", entries, actor_id=scope.actor_id)
    return changed


@transactional("users")
def _reset(scope: TenantScope, user: UserDocument) -> PreferencesDocument:
    document = _update(scope, user, rules.defaults())
    metadata, text = {"resetBy": scope.actor_id}, "Preferences reset to defaults"
    log_activity(user, "preferences_reset", text, actor_id=scope.actor_id, metadata=metadata)
    return document
