"""Bodies and queries of leads. The order of members is the order of the old system's messages."""

from typing import Any

from core.api.checks import TEXTS, one_of
from core.api.fields import Array, Choice, ContractField, Date, Email, Flag, Free, MongoId, Number, Page, Text, Until
from core.api.states import is_american, state_code
from core.api.validation import Body, BodyList, Query
from core.documents.ids import object_id, uuid_text
from services.leads.leads import rules

# ruff: noqa: N815 - wire names


def is_lead_id(value: object) -> bool:
    """Whether `value` is one of a lead's two ids."""
    return isinstance(value, str) and bool(object_id(value) or uuid_text(value))


class _Address(Free):
    """An address of any shape; the name of a state becomes its code. The rules refuse what is not an address."""

    def clean(self, data: Any) -> Any:
        """Return the address as it is stored."""
        code = state_code(data.get("state")) if is_american(data.get("country")) else None
        return {**data, "state": code} if code else data


class ContactBody(Body):
    """Who the lead is; null is no contact, unlike for other optional members. An array of contacts passes as an object
    without members, as in the old validator; the rules then speak."""

    firstName = Text()
    lastName = Text()
    email = Email()
    phone = Text()
    alternatePhone = Text(required=False)
    address = _Address(required=False)
    preferredContactMethod = Choice(rules.CONTACT_METHODS)
    timeZone = Text(required=False)
    language = Text(required=False)

    def from_list(self, data: list[Any]) -> Any:
        """Return an object without members."""
        return {}


class PreferencesBody(Body):
    """What property is wanted."""

    nullable = True
    propertyType = Array(one_of(rules.PROPERTY_TYPES))
    transactionType = Choice(rules.TRANSACTIONS)
    minPrice = Number(0, required=False)
    maxPrice = Number(0, required=False)
    minBedrooms = Number(0, required=False)
    maxBedrooms = Number(0, required=False)
    minBathrooms = Number(0, required=False)
    maxBathrooms = Number(0, required=False)
    minSquareFootage = Number(0, required=False)
    maxSquareFootage = Number(0, required=False)
    preferredLocations = Array(TEXTS)
    mustHaveFeatures = Array(TEXTS)
    niceToHaveFeatures = Array(TEXTS)
    dealBreakers = Array(TEXTS)
    timeline = Choice(rules.TIMELINES)
    notes = Text(required=False)


class FinancesBody(Body):
    """What can be paid."""

    nullable = True
    preApproved = Flag()
    preApprovalAmount = Number(0, required=False)
    downPaymentAmount = Number(0, required=False)
    downPaymentPercentage = Number(0, 100, required=False)
    creditScore = Number(300, 850, required=False)
    annualIncome = Number(0, required=False)
    employmentStatus = Choice(rules.EMPLOYMENTS)
    employmentLength = Number(0, required=False)
    lender = Text(required=False)
    loanType = Choice(rules.LOANS, required=False)
    monthlyDebt = Number(0, required=False)
    monthlyIncome = Number(0, required=False)
    debtToIncomeRatio = Number(0, 100, required=False)
    notes = Text(required=False)


class _LeadBody(Body):
    """What new leads and changes may set."""

    status = Choice(rules.STATUSES, required=False)
    source = Choice(rules.SOURCES)  # type: ignore[assignment]  # DRF's own attribute of fields, not of this body
    priority = Choice(rules.PRIORITIES, required=False)
    contactInfo = ContactBody(required=False, null_is_absent=False)
    propertyPreferences = PreferencesBody(required=False)
    financialInfo = FinancesBody(required=False)
    assignedTo = MongoId(or_uuid=True)
    score = Number(0, 100, required=False, nullable=True)
    tags = Array(TEXTS, required=False)
    notes = Text(required=False, nullable=True)
    nextFollowUpDate = Date(required=False, nullable=True)
    expectedCloseDate = Date(required=False, nullable=True)
    closeValue = Number(0, required=False, nullable=True)
    commissionAmount = Number(0, required=False, nullable=True)
    commissionPercentage = Number(0, 100, required=False, nullable=True)


class CreateLeadBody(_LeadBody):
    """A new lead."""

    marketingCampaign = Text(required=False)
    utmSource = Text(required=False)
    utmMedium = Text(required=False)
    utmCampaign = Text(required=False)
    utmTerm = Text(required=False)
    utmContent = Text(required=False)
    referrer = Text(required=False)
    ipAddress = Text(required=False)
    userAgent = Text(required=False)
    deviceType = Choice(("desktop", "mobile", "tablet"), required=False)
    browser = Text(required=False)
    operatingSystem = Text(required=False)
    location = _Address(required=False)
    timeOnSite = Number(0, required=False)
    pagesViewed = Array(TEXTS, required=False)
    customFields = Free(required=False)


class UpdateLeadBody(_LeadBody):
    """Changes of a lead. Null clears a member, except those that every lead has."""

    all_optional = True
    customFields = Free(required=False, nullable=True)


class CreateLeadsBody(Body):
    """Several new leads."""

    leads = BodyList(CreateLeadBody, max_items=rules.MOST_AT_ONCE)


class UpdateLeadsBody(Body):
    """The same changes of several leads, by either id."""

    leadIds = Array((is_lead_id, "a UUID"), max_items=rules.MOST_AT_ONCE)
    status = Choice(rules.STATUSES, required=False)
    priority = Choice(rules.PRIORITIES, required=False)
    assignedTo = MongoId(or_uuid=True, required=False)
    tags = Array(TEXTS, required=False)
    nextFollowUpDate = Date(required=False, nullable=True)


class _Any(ContractField):
    """Text that is checked later: an unknown order falls back to the default one."""

    schema = {"type": "string"}

    def __init__(self, *, default: str) -> None:
        super().__init__([(lambda value: isinstance(value, str), "$property must be a string")], default=default)


class LeadQuery(Query):
    """Filters, order and page of the list. dateFrom and dateTo are the published names of createdAfter, createdBefore."""

    search = Text(required=False, max_length=200)
    status = Choice(rules.STATUSES, required=False)
    source = Choice(rules.SOURCES, required=False)  # type: ignore[assignment]  # as above
    priority = Choice(rules.PRIORITIES, required=False)
    assignedTo = MongoId(or_uuid=True, required=False)
    tags = Array(TEXTS, required=False, max_items=50)
    createdAfter = Date(required=False)
    createdBefore = Until(required=False)
    dateFrom = Date(required=False)
    dateTo = Until(required=False)
    lastContactAfter = Date(required=False)
    lastContactBefore = Until(required=False)
    nextFollowUpAfter = Date(required=False)
    nextFollowUpBefore = Until(required=False)
    minScore = Number(0, 100, required=False)
    maxScore = Number(0, 100, required=False)
    sortBy = _Any(default="createdAt")
    sortOrder = Choice(("asc", "desc"), default="desc")
    page = Page(default=1)
    limit = Page(100, default=10)
