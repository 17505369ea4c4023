"""Bodies of preferences. A group may be missing, but not half there."""

from core.api.fields import Choice, Flag, Text
from core.api.validation import Body
from services.users.preferences.rules import FREQUENCIES, THEMES, VISIBILITIES

# ruff: noqa: N815 - wire names

# The document remembers five hundred changes with both values; without an end they could outgrow it.
_LONGEST = 100


class EmailNotificationsBody(Body):
    """Which mails a person wants, and how often."""

    marketing = Flag()
    security = Flag()
    updates = Flag()
    frequency = Choice(FREQUENCIES)


class UiBody(Body):
    """How the front end looks."""

    theme = Choice(THEMES)
    language = Text(max_length=_LONGEST)
    timezone = Text(max_length=_LONGEST)
    dateFormat = Text(max_length=_LONGEST)


class PrivacyBody(Body):
    """Who sees what of a person."""

    profileVisibility = Choice(VISIBILITIES)
    dataSharing = Flag()
    analytics = Flag()


class ApplicationBody(Body):
    """How the front end behaves."""

    autoRefresh = Flag()
    emailDigest = Flag()
    dashboardLayout = Text(max_length=_LONGEST)
    defaultView = Text(max_length=_LONGEST)


class PreferenceGroupsBody(Body):
    """Any of the groups."""

    shape = ("$property must be an object", *Body.shape)

    emailNotifications = EmailNotificationsBody(required=False, null_is_absent=False)
    ui = UiBody(required=False, null_is_absent=False)
    privacy = PrivacyBody(required=False, null_is_absent=False)
    application = ApplicationBody(required=False, null_is_absent=False)


class UpdatePreferencesBody(Body):
    """Preferences to merge."""

    preferences = PreferenceGroupsBody()
