"""Bodies and queries of roles."""

import json

from core.api.checks import NOT_BLANK, TEXTS
from core.api.fields import Array, Choice, Date, Flag, Free, MongoId, Page, Text
from core.api.validation import Body, Query
from services.users.roles.rules import TYPES

# ruff: noqa: N815 - wire names

_MANY = 100
_METADATA = 10_000


class Metadata(Free):
    """An object of any shape and limited size."""

    def __init__(self, **options: object) -> None:
        text = f"$property must be shorter than or equal to {_METADATA} characters as JSON"
        short = (lambda value: len(json.dumps(value)) <= _METADATA, text)
        super().__init__(limits=[short], ours=True, required=False, **options)


class CreateRoleBody(Body):
    """A new role."""

    name = Text(limits=[NOT_BLANK], max_length=100, trim=True)
    displayName = Text(limits=[NOT_BLANK], max_length=200)
    description = Text(max_length=1000, required=False)
    type = Choice(TYPES, required=False)
    permissions = Array(TEXTS, max_items=_MANY, required=False)
    inheritedRoles = Array(TEXTS, max_items=_MANY, required=False)
    isActive = Flag(required=False)
    metadata = Metadata()


class UpdateRoleBody(Body):
    """Changes of a role; its name and type stay."""

    displayName = Text(limits=[NOT_BLANK], max_length=200, required=False)
    description = Text(max_length=1000, required=False)
    permissions = Array(TEXTS, max_items=_MANY, required=False)
    inheritedRoles = Array(TEXTS, max_items=_MANY, required=False)
    isActive = Flag(required=False)
    metadata = Metadata()


class AssignRoleBody(Body):
    """Who gets which role, for how long and why."""

    userId = MongoId()
    roleId = MongoId()
    expiresAt = Date(required=False, ours=True)
    reason = Text(max_length=1000, required=False)
    metadata = Metadata()


class RevokeRoleBody(Body):
    """Why a role is taken away."""

    reason = Text(max_length=1000, required=False)


class PermissionsBody(Body):
    """The permissions that are asked about; other members are ignored, as before."""

    allow_unknown = True
    permissions = Array(TEXTS, max_items=1000)


class RoleQuery(Query):
    """Filters of the role list."""

    page = Page(default=1)
    limit = Page(default=10)
    search = Text(required=False, max_length=200)
    type = Choice(TYPES, required=False)
    isActive = Flag(required=False)
    sortBy = Text(default="createdAt")
    sortOrder = Text(default="desc")
