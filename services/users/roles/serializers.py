"""Bodies and queries of roles."""

import json
from typing import Any

from core.api.checks import TEXTS, Check, is_text
from core.api.validation import Array, Body, Choice, Date, Flag, Free, MongoId, Page, Query, Text
from services.users.roles.rules import TYPES

# ruff: noqa: N815 - wire names

_MANY = 100
_METADATA = 10_000


def at_most(length: int, *, empty: bool = True) -> Check:
    """Return a check of text's length that leaves other values to the check of the type: a missing member is reported
    once, as before."""

    def holds(value: Any) -> bool:
        return not is_text(value) or (len(value) <= length and bool(empty or value.strip()))

    bounds = f"shorter than or equal to {length} characters"
    return holds, f"$property must be {bounds}" if empty else f"$property must not be empty and be {bounds}"


class Metadata(Free):
    """An object of any shape and limited size."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        text = f"$property must be shorter than or equal to {_METADATA} characters as JSON"
        self.checks = [*self.checks, (lambda value: len(json.dumps(value)) <= _METADATA, text)]


class CreateRoleBody(Body):
    """A new role."""

    name = Text(at_most(100, empty=False), trim=True)
    displayName = Text(at_most(200, empty=False))
    description = Text(at_most(1000), required=False)
    type = Choice(TYPES, required=False)
    permissions = Array(TEXTS, max_items=_MANY, required=False)
    inheritedRoles = Array(TEXTS, max_items=_MANY, required=False)
    isActive = Flag(required=False)
    metadata = Metadata(required=False)


class UpdateRoleBody(Body):
    """Changes of a role; its name and type stay."""

    displayName = Text(at_most(200, empty=False), required=False)
    description = Text(at_most(1000), required=False)
    permissions = Array(TEXTS, max_items=_MANY, required=False)
    inheritedRoles = Array(TEXTS, max_items=_MANY, required=False)
    isActive = Flag(required=False)
    metadata = Metadata(required=False)


class AssignRoleBody(Body):
    """Who gets which role, for how long and why."""

    userId = MongoId()
    roleId = MongoId()
    expiresAt = Date(required=False)
    reason = Text(at_most(1000), required=False)
    metadata = Metadata(required=False)


class RevokeRoleBody(Body):
    """Why a role is taken away."""

    reason = Text(at_most(1000), required=False)


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
