"""Preferences: one document per person, made at its first read."""

from core.documents.collection import PlainCollection
from core.documents.indexes import index
from core.documents.models import DocumentModel, shows
from services.users.preferences.documents import PreferencesDocument

# The documents carry no tenant: whose may be seen is decided by the person they belong to, in queries.py.
PREFERENCES = PlainCollection[PreferencesDocument](
    "userpreferences",
    service="users",
    indexes=(index("userId", unique=True),),
)


@shows(PREFERENCES, PreferencesDocument, "userId preferences changeHistory")
class UserPreferences(DocumentModel):
    """What a person prefers, and how that changed."""

    class Meta(DocumentModel.Meta):
        verbose_name_plural = "user preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"
