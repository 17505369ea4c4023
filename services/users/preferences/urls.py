"""URLs of preferences; literal segments before ids, and before those of people."""

from core.api.routing import route
from services.users.preferences.api import (
    OwnPreferenceHistory,
    OwnPreferences,
    OwnPreferencesReset,
    PersonPreferenceHistory,
    PersonPreferences,
    PersonPreferencesReset,
)

PATTERNS = [
    route("api/users/preferences", OwnPreferences),
    route("api/users/preferences/reset", OwnPreferencesReset),
    route("api/users/preferences/history", OwnPreferenceHistory),
    route("api/users/<userId>/preferences", PersonPreferences),
    route("api/users/<userId>/preferences/reset", PersonPreferencesReset),
    route("api/users/<userId>/preferences/history", PersonPreferenceHistory),
]
