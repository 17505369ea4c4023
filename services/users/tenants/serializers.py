"""Bodies and queries of tenants."""

from core.api.checks import NOT_BLANK, NOT_NEGATIVE, TEXTS
from core.api.fields import Array, Choice, Flag, Number, Text, Url
from core.api.places import PlaceBody
from core.api.validation import Body, Query
from services.users.accounts.serializers import PlainPage
from services.users.tenants.rules import PLANS, STATUSES

# ruff: noqa: N815 - wire names


class FeaturesBody(Body):
    """Which features a tenant has."""

    aiLeadScoring = Flag()
    advancedAnalytics = Flag()
    automationWorkflows = Flag()
    mobileApp = Flag()
    apiAccess = Flag()
    customIntegrations = Flag()


class PasswordPolicyBody(Body):
    """A tenant's rules for passwords."""

    minLength = Number()
    requireUppercase = Flag()
    requireLowercase = Flag()
    requireNumbers = Flag()
    requireSpecialChars = Flag()


class SecurityBody(Body):
    """A tenant's security settings."""

    requireMfa = Flag()
    sessionTimeout = Number()
    passwordPolicy = PasswordPolicyBody(required=False, null_is_absent=False)
    ipWhitelist = Array(TEXTS)


class WantedBody(Body):
    """Which notifications are wanted."""

    leadAssigned = Flag()
    leadStatusChanged = Flag()
    automationTriggered = Flag()
    systemAlerts = Flag()


class TenantNotificationsBody(Body):
    """A tenant's ways of notification."""

    emailNotifications = Flag()
    smsNotifications = Flag()
    inAppNotifications = Flag()
    notificationPreferences = WantedBody(required=False, null_is_absent=False)


class IntegrationsBody(Body):
    """A tenant's integrations."""

    googleWorkspace = Flag()
    microsoft365 = Flag()
    slack = Flag()
    zapier = Flag()
    customWebhooks = Array(TEXTS)


class TenantSettingsBody(Body):
    """A tenant's settings; a group may be missing, but not half there."""

    companyName = Text()
    timezone = Text()
    locale = Text()
    currency = Text()
    features = FeaturesBody(required=False, null_is_absent=False)
    security = SecurityBody(required=False, null_is_absent=False)
    notifications = TenantNotificationsBody(required=False, null_is_absent=False)
    integrations = IntegrationsBody(required=False, null_is_absent=False)


class TenantAddressBody(PlaceBody):
    """A postal address."""

    street = Text()
    city = Text()
    state = Text()
    zipCode = Text()
    country = Text()


class CreateTenantBody(Body):
    """A new tenant."""

    name = Text(limits=[NOT_BLANK], max_length=200, trim=True)
    subdomain = Text()
    plan = Choice(PLANS, required=False)
    settings = TenantSettingsBody(required=False, null_is_absent=False)
    description = Text(required=False)
    industry = Text(required=False)
    size = Text(required=False)
    website = Url(required=False)
    phone = Text(required=False)
    address = TenantAddressBody(required=False)


class UpdateTenantBody(Body):
    """Changes of a tenant."""

    name = Text(required=False, limits=[NOT_BLANK], max_length=200, trim=True)
    subdomain = Text(required=False)
    status = Choice(STATUSES, required=False)
    plan = Choice(PLANS, required=False)
    settings = TenantSettingsBody(required=False)
    maxUsers = Number(required=False, limits=[NOT_NEGATIVE])
    maxLeads = Number(required=False, limits=[NOT_NEGATIVE])
    maxStorage = Number(required=False, limits=[NOT_NEGATIVE])
    customDomain = Text(required=False)
    logoUrl = Url(required=False)
    primaryColor = Text(required=False)
    secondaryColor = Text(required=False)
    description = Text(required=False)
    industry = Text(required=False)
    size = Text(required=False)
    website = Url(required=False)
    phone = Text(required=False)
    address = TenantAddressBody(required=False)


class JoinBody(Body):
    """The token of an invitation, from the joining user; other members are ignored."""

    allow_unknown = True
    token = Text(required=False, max_length=200)


class TenantPage(PlainPage):
    """page or limit that counts as the default when it is no number, as before."""

    def __init__(self, *, default: int) -> None:
        super().__init__(default=default)
        self.checks = []

    def clean(self, data: object) -> int:
        """Return the number, or the default."""
        text = str(data)
        return super().clean(text) if text.isdecimal() and len(text) < 10 else self.fallback


class TenantQuery(Query):
    """Filters of the tenant list; unknown parameters are ignored, as before."""

    allow_unknown = True
    page = TenantPage(default=1)
    limit = TenantPage(default=10)
    status = Text(required=False)
    plan = Text(required=False)
    search = Text(required=False, max_length=200)
