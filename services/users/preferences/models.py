"""Preferences: one document per person, made at its first read."""

from core.documents.collection import PlainCollection
from core.documents.fields import AnyField
from core.documents.indexes import index
from core.documents.models import DocumentModel
from services.users.preferences.documents import PreferencesDocument

# The documents carry no tenant: whose may be seen is decided by the person they belong to, in queries.py.
PREFERENCES = PlainCollection[PreferencesDocument](
    "userpreferences",
    service="users",
    indexes=(index("userId", unique=True),),
)


class UserPreferences(DocumentModel):
    """What a person prefers, and how that changed."""

    user_id = AnyField(db_column="userId")
    preferences = AnyField()
    change_history = AnyField(db_column="changeHistory")

    class Meta(DocumentModel.Meta):
        db_table = "userpreferences"
        verbose_name_plural = "user preferences"

    def __str__(self) -> str:
        return f"Preferences of {self.user_id}"
