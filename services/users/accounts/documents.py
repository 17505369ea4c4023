"""What users stores of people, of what they did, and of tenants."""

from datetime import datetime

from core.documents.shapes import Belonging, Reference, Stamped, Stored


class UserDocument(Belonging, total=False):
    """A person."""

    email: str
    emailVerifiedAt: datetime | None
    firstName: str
    lastName: str
    displayName: str | None
    picture: str | None
    googleId: str | None
    status: str
    roles: list[str]
    permissions: list[str]
    # What assigned role documents give (services.users.roles.granting).
    grantedPermissions: list[str]
    # Raised by changes of assignments, so that two at once conflict.
    grantsGuard: int
    profile: dict[str, object]
    settings: dict[str, object]
    preferences: dict[str, object]
    tags: list[str]
    notes: str | None
    lastLoginAt: datetime | None
    lastActiveAt: datetime | None


class ActivityDocument(Belonging, total=False):
    """Something that a person did, or that was done to them."""

    userId: Reference | None
    type: str
    description: str
    severity: str
    metadata: dict[str, object]
    # Of the old system: where it happened.
    context: dict[str, object]
    performedAt: datetime
    performedBy: Reference | None
    isSystemEvent: bool


class StatusChangeDocument(Belonging, total=False):
    """A change of a person's status."""

    userId: Reference | None
    oldStatus: str
    newStatus: str
    reason: str
    reasonDetails: str | None
    performedBy: Reference | None
    changedAt: datetime


class TenantDocument(Stored, total=False):
    """A company. `tenantId` is its UUID; other collections mean its `_id` by theirs."""

    tenantId: str
    name: str
    subdomain: str
    description: str
    status: str
    plan: str
    ownerId: Reference | None
    adminIds: list[Reference]
    memberIds: list[Reference]
    settings: dict[str, object]
    auditLog: dict[str, object]
    maxUsers: int
    maxLeads: int
    maxStorage: int
    createdBy: Reference | None
    updatedBy: Reference | None
    # When the last person of the deleted tenant was freed.
    peopleFreedAt: datetime


class GuardDocument(Stamped, total=False):
    """What changes of a tenant's administrators write, under the tenant's id."""

    _id: str
    changes: int
    changedAt: datetime
