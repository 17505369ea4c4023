"""Bodies and queries of people."""

from core.api.checks import TEXTS
from core.api.fields import Array, Choice, ContractField, Date, Email, Flag, Free, MongoId, Text, Until
from core.api.places import PlaceBody
from core.api.validation import Body, Query
from services.users.accounts.rules import STATUSES

# ruff: noqa: N815 - wire names


class AddressBody(PlaceBody):
    """A postal address; every part may be missing."""

    street = Text(required=False)
    city = Text(required=False)
    state = Text(required=False)
    zipCode = Text(required=False)
    country = Text(required=False)


class SocialMediaBody(Body):
    """Links to profiles elsewhere."""

    linkedin = Text(required=False)
    twitter = Text(required=False)
    facebook = Text(required=False)


class ProfileBody(Body):
    """What a user says about themselves."""

    phone = Text(required=False)
    address = AddressBody(required=False)
    company = Text(required=False)
    position = Text(required=False)
    bio = Text(required=False)
    website = Text(required=False)
    socialMedia = SocialMediaBody(required=False)


class NotificationsBody(Body):
    """Which ways of notification are wanted."""

    email = Flag(required=False)
    sms = Flag(required=False)
    push = Flag(required=False)


class SettingsBody(Body):
    """A person's settings."""

    notifications = NotificationsBody(required=False)
    theme = Text(required=False)
    language = Text(required=False)
    timezone = Text(required=False)


class SimplePreferencesBody(Body):
    """The few preferences that the person document holds itself."""

    dashboardLayout = Text(required=False)
    defaultView = Text(required=False)
    autoRefresh = Flag(required=False)
    emailDigest = Flag(required=False)


class CreateUserBody(Body):
    """A new person. Status, roles and permissions are not the caller's to choose here, nor whose Google account signs in."""

    email = Email()
    firstName = Text()
    lastName = Text()
    displayName = Text(required=False)
    picture = Text(required=False)
    tenantId = MongoId(required=False, ours=True)
    profile = ProfileBody(required=False)
    settings = SettingsBody(required=False)
    preferences = SimplePreferencesBody(required=False)
    tags = Array(TEXTS, required=False)
    notes = Text(required=False)


class UpdateUserBody(Body):
    """Changes of a person; each sent field replaces the stored one."""

    email = Email(required=False)
    firstName = Text(required=False)
    lastName = Text(required=False)
    displayName = Text(required=False)
    picture = Text(required=False)
    status = Choice(STATUSES, required=False)
    roles = Array(TEXTS, required=False)
    profile = ProfileBody(required=False)
    settings = SettingsBody(required=False)
    preferences = SimplePreferencesBody(required=False)
    permissions = Array(TEXTS, required=False)
    tags = Array(TEXTS, required=False)
    notes = Text(required=False)
    metadata = Free(required=False)


class StatusBody(Body):
    """A new status and why."""

    status = Choice(STATUSES)
    reason = Text(required=False, max_length=1000)


class RolesBody(Body):
    """New roles and why."""

    roles = Array(TEXTS, max_items=20)
    reason = Text(required=False, max_length=1000)


class ReasonBody(Body):
    """Why; other members are ignored."""

    allow_unknown = True
    reason = Text(required=False, max_length=1000)


class PlainPage(ContractField):
    """page or limit of the plain handlers: lower than 1 counts as the default, text is refused."""

    schema = {"type": "integer", "minimum": 1}

    def __init__(self, *, default: int) -> None:
        super().__init__([(_is_integer, "Validation failed (numeric string is expected)")], default=default)
        self.fallback = default

    def clean(self, data: object) -> int:
        """Return the number, or the default for one below 1."""
        number = int(str(data))
        return number if number >= 1 else self.fallback


def _is_integer(value: object) -> bool:
    text = str(value)
    return isinstance(value, str) and text.removeprefix("-").isdecimal() and len(text) < 10


class PageQuery(Query):
    """Which page; other parameters are ignored, as before."""

    allow_unknown = True
    page = PlainPage(default=1)
    limit = PlainPage(default=20)


class UserQuery(Query):
    """Filters of the people list."""

    page = PlainPage(default=1)
    limit = PlainPage(default=10)
    search = Text(required=False, max_length=200)
    status = Choice(STATUSES, required=False)
    role = Text(required=False, max_length=100)
    company = Text(required=False, max_length=200)
    position = Text(required=False, max_length=200)
    tags = Text(required=False, max_length=300)
    createdAfter = Date(required=False)
    createdBefore = Until(required=False)
    lastActiveAfter = Date(required=False)
    lastActiveBefore = Until(required=False)
    sortBy = Text(default="createdAt")
    sortOrder = Text(default="desc")
