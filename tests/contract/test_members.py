"""Every member of every body: absent, null, empty and of each wrong type. Those that the old system validated are told in its
words and order, worked out from the contract's YAML as class-validator 0.14 and NestJS' pipe would; the others in the same
words."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from core.documents.ids import object_id, uuid_text
from platform_services import SERVICES
from services.auth.passwords.rules import CLASSES, LENGTH, has_all_classes, is_long_enough
from tests.conftest import Api, Caller
from tests.contract.declared import FOLDER

UNKNOWN, UUID = "64f0000000000000000000ee", "10000000-0000-4000-8000-0000000000ff"
ABSENT = object()
# Below the first level a few must do.
INNER = (None, 5, [1], {"zz": 1})
WRONG = (None, "", "x", 5, -1, 1.5, 1e6, True, [], ["x"], [1], [None], {}, {"zz": 1}, [{}], [{"zz": 1}])

ADMIN = (
    "POST /api/users",
    "PUT /api/users/me",
    "PUT /api/users/me/profile",
    "PUT /api/users/{id}",
    "PUT /api/users/{id}/status",
    "PUT /api/users/{id}/roles",
    "PUT /api/users/preferences",
    "PUT /api/users/{userId}/preferences",
    "POST /api/admin/invitations",
    "POST /api/rbac/roles",
    "PUT /api/rbac/roles/{id}",
    "POST /api/rbac/users/{userId}/roles",
    "DELETE /api/rbac/users/{userId}/roles/{roleId}",
    "POST /api/leads",
    "PUT /api/leads/{leadId}",
    "POST /api/leads/bulk/create",
    "PUT /api/leads/bulk/update",
    "POST /api/leads/scoring/batch",
    "PUT /api/leads/scoring/configuration",
    "POST /api/leads/scoring/validate-configuration",
    "POST /api/leads/queue/add",
    "PUT /api/leads/queue/{id}/assign",
    "PUT /api/leads/queue/{id}/priority",
    "POST /api/leads/assign/auto",
    "POST /api/leads/assign/manual",
    "PUT /api/leads/assign/{leadId}/reassign",
    "PUT /api/leads/assign/{assignmentId}/status",
    "POST /api/auth/validate-reset-token",
    "POST /api/auth/forgot-password",
    "POST /api/auth/reset-password",
    "POST /api/auth/accept-invitation",
)
OPERATOR = ("POST /api/tenants", "PUT /api/tenants/{tenantId}")

# Bodies that the old system did not validate, or had no route for.
OURS = (
    "POST /api/auth/login",
    "POST /api/auth/register",
    "POST /api/auth/change-password",
    "POST /api/auth/verify-email",
    "POST /api/auth/confirm-email",
    "POST /api/auth/mfa/verify",
    "POST /api/auth/google/callback",
    "POST /api/auth/validate",
    "POST /api/buyers",
    "PUT /api/buyers/{id}",
    "PATCH /api/buyers/matches/{matchId}",
    "POST /api/buyers/matches/generate",
)

# What the YAML does not say.
NOT_CHECKED = {"POST /api/users tenantId", "POST /api/rbac/users/{userId}/roles expiresAt"} | {
    f"{operation} metadata" for operation in ADMIN if "/rbac/" in operation
}
DEMANDED = {
    "PUT /api/leads/queue/{id}/assign agentId",
    "PUT /api/leads/queue/{id}/priority priority",
    "POST /api/leads/assign/manual agentId",
    "PUT /api/leads/assign/{leadId}/reassign agentId",
}
UNBOUNDED = {"maxUsers", "maxLeads", "maxStorage"}
OBJECTS = ("contactInfo.address", "location", "customFields", "metadata")
NULL_REFUSED = {
    "TenantFeatures",
    "TenantSecurity",
    "TenantPasswordPolicy",
    "TenantNotifications",
    "TenantNotificationPreferences",
    "TenantIntegrations",
    "PrefEmailNotifications",
    "PrefUi",
    "PrefPrivacy",
    "PrefApplication",
}
TEXTS = {
    "POST /api/admin/invitations email": "Please provide a valid email address",
    "POST /api/auth/forgot-password email": "Please provide a valid email address",
    "POST /api/auth/validate-reset-token token": "Token must be a string",
    "POST /api/auth/reset-password token": "Token must be a string",
    "POST /api/auth/reset-password newPassword": "Password must be a string",
    "POST /api/auth/accept-invitation token": "Token must be a string",
    "POST /api/auth/accept-invitation firstName": "First name must be a string",
    "POST /api/auth/accept-invitation lastName": "Last name must be a string",
    "POST /api/auth/accept-invitation password": "Password must be a string",
}
# Of bodies of ours: what may be left out, or must not, otherwise than the YAML says; bounds that it leaves out.
LEFT_OUT = {"POST /api/auth/login email", "POST /api/auth/register companyName"}
NEEDED = {"POST /api/auth/google/callback state"}
BOUNDS = {"minScore": {"minimum": 0, "maximum": 100}, "limitPerLead": {"minimum": 1, "maximum": 100}}
# Where the rule of passwords holds.
PASSWORDS = {
    "POST /api/auth/reset-password newPassword",
    "POST /api/auth/register password",
    "POST /api/auth/change-password newPassword",
}
IDS = {"leadId", "agentId", "assignedTo", "userId", "roleId"}


@cache
def documents() -> dict[str, Any]:
    """The contract's YAML files by service."""
    return {
        name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")) for name in SERVICES
    }


class Old:
    """The old system's validator of one operation's body."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        method, _, path = operation.partition(" ")
        self.document = next(document for document in documents().values() if path in document["paths"])
        described = self.document["paths"][path][method.lower()]["requestBody"]
        schema = described["content"]["application/json"]["schema"]
        self.body = self.resolved(schema.get("oneOf", [schema])[0])[1]

    def resolved(self, schema: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Return a schema and its name."""
        schema = schema["allOf"][0] if "allOf" in schema else schema
        name = schema.get("$ref", "").rpartition("/")[2]
        return name, self.document["components"]["schemas"][name] if name else schema

    def told(self, schema: dict[str, Any], data: dict[str, Any], path: str = "") -> list[str]:
        """Return the messages about an object."""
        members = schema["properties"]
        messages = [f"property {name} should not exist" for name in data if name not in members]
        for name, member in members.items():
            if f"{self.operation} {name}" not in NOT_CHECKED:
                optional = name not in schema.get("required", ()) or f"{self.operation} {name}" in DEMANDED
                messages += self.of_member(name, member, data.get(name, ABSENT), f"{path}{name}", optional=optional)
        return messages

    def of_member(self, name: str, member: dict[str, Any], value: Any, path: str, *, optional: bool) -> list[str]:
        kind, schema = self.resolved(member)
        if optional and kind not in NULL_REFUSED and value in (ABSENT, None):
            return []
        if schema.get("type") == "array" and "properties" in self.resolved(schema["items"])[1]:
            return self.of_objects(name, self.resolved(schema["items"])[1], value, path)
        if schema.get("type") == "array":
            return self.of_array(name, self.resolved(schema["items"])[1], value)
        if path.endswith(OBJECTS) or ("properties" not in schema and schema.get("type") == "object"):
            return [] if isinstance(value, dict) else [f"{name} must be an object"]
        if "properties" in schema:
            return self.of_object(name, schema, value, path)
        return [text for text, holds in self.checks(name, schema) if value is ABSENT or not holds(value)]

    def of_object(self, name: str, schema: dict[str, Any], value: Any, path: str) -> list[str]:
        wrong = [f"nested property {name} must be either object or array"]
        if name == "preferences" and "emailNotifications" in schema["properties"]:
            wrong.insert(0, "preferences must be an object")
        if value is ABSENT:
            return []
        if isinstance(value, list):
            return self.elements(name, schema, value, path, wrong[-1])
        return [f"{name}.{text}" for text in self.told(schema, value, f"{path}.")] if isinstance(value, dict) else wrong

    def of_objects(self, name: str, schema: dict[str, Any], value: Any, path: str) -> list[str]:
        refusal = f"each value in nested property {name} must be either object or array"
        if isinstance(value, list):
            return self.elements(name, schema, value, path, refusal)
        inner = [f"{name}.{text}" for text in self.told(schema, value, f"{path}.")] if isinstance(value, dict) else []
        none = isinstance(value, dict) or value is ABSENT
        return inner or [f"{name} must be an array", *([] if none else [refusal])]

    def elements(self, name: str, schema: dict[str, Any], value: list[Any], path: str, refusal: str) -> list[str]:
        messages = []
        for index, element in enumerate(value):
            texts = (
                [f"{index}.{text}" for text in self.told(schema, element, f"{path}.")]
                if isinstance(element, dict)
                else [refusal]
            )
            messages += [f"{name}.{text}" for text in texts]
        return messages

    def of_array(self, name: str, items: dict[str, Any], value: Any) -> list[str]:
        checks = self.checks(name.removesuffix("s"), {**items, "x-name": name})
        members = value if isinstance(value, list) else [value]
        wrong = [text for text, holds in checks if any(one is ABSENT or not holds(one) for one in members)]
        texts = [f"each value in {text}" for text in wrong]
        return texts if isinstance(value, list) else [*texts, f"{name} must be an array"]

    def checks(self, name: str, schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the checks of a plain value, the last decorator first."""
        shown = schema.get("x-name", name)
        if f"{self.operation} {name}" in PASSWORDS:
            yield CLASSES, has_all_classes
            yield LENGTH, is_long_enough
        if f"{self.operation} {name}" in TEXTS:
            text = TEXTS[f"{self.operation} {name}"]
            yield text, (lambda value: isinstance(value, str) and (schema.get("format") != "email" or "@" in value))
        elif "enum" in schema and "permissions" not in shown:
            values = ", ".join(schema["enum"])
            yield f"{shown} must be one of the following values: {values}", lambda value: value in schema["enum"]
        elif schema.get("type") in ("number", "integer"):
            yield from self.number_checks(name, schema)
        elif schema.get("type") == "boolean":
            yield f"{name} must be a boolean value", lambda value: isinstance(value, bool)
        elif schema.get("format") == "email":
            yield f"{name} must be an email", lambda value: isinstance(value, str) and "@" in value
        elif schema.get("format") == "uri":
            yield f"{name} must be a URL address", lambda value: isinstance(value, str) and "." in value
        elif schema.get("format") == "date-time":
            yield f"{name} must be a valid ISO 8601 date string", lambda value: isinstance(value, str) and "-" in value
        elif name == "leadId" and shown == "leadIds" and self.operation.startswith("PUT"):
            yield f"{shown} must be a UUID", lambda value: bool(object_id(value) or uuid_text(value))
        elif name in IDS and shown == name:
            yield f"{name} must be a mongodb id", lambda value: bool(object_id(value))
        else:
            yield f"{shown} must be a string", lambda value: isinstance(value, str)

    def number_checks(self, name: str, schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        def number(value: Any) -> bool:
            return isinstance(value, int | float) and not isinstance(value, bool)

        bounds = {} if name in UNBOUNDED else schema
        if "maximum" in bounds:
            yield f"{name} must not be greater than {schema['maximum']}", lambda v: number(v) and v <= schema["maximum"]
        if "minimum" in bounds:
            yield f"{name} must not be less than {schema['minimum']}", lambda v: number(v) and v >= schema["minimum"]
        yield f"{name} must be a number conforming to the specified constraints", number


class Ours(Old):
    """The validator of a body that the old system did not look at."""

    def of_member(self, name: str, member: dict[str, Any], value: Any, path: str, *, optional: bool) -> list[str]:
        schema, place = self.resolved(member)[1], f"{self.operation} {path}"
        optional = place not in NEEDED and (optional or place in LEFT_OUT)
        plain = place in LEFT_OUT or (schema.get("type") == "string" and not {"enum", "format"} & schema.keys())
        if not plain or (optional and value in (ABSENT, None)):
            return super().of_member(name, member, value, path, optional=optional)
        sent = None if value is ABSENT else value
        empty = not optional or schema.get("minLength") == 1
        return [text for text, holds in self.text_checks(name, schema, empty=empty) if not holds(sent)]

    def text_checks(self, name: str, schema: dict[str, Any], *, empty: bool) -> Iterator[tuple[str, Any]]:
        """Yield the checks of a text, which may not be `empty`; those of its content look at texts only."""
        if f"{self.operation} {name}" in PASSWORDS:
            yield CLASSES, has_all_classes
            yield LENGTH, is_long_enough
        elif name == "zipCode":
            yield "zipCode must be a valid ZIP code", lambda value: value == ""
        elif schema.get("minLength", 0) > 1 and name != "state":
            least = schema["minLength"]
            text = f"{name} must be longer than or equal to {least} characters"
            yield text, lambda value: not isinstance(value, str) or len(value) >= least
        elif empty:
            yield f"{name} should not be empty", lambda value: value != ""
        yield f"{name} must be a string", lambda value: isinstance(value, str)

    def checks(self, name: str, schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield the checks of a plain value that is no text, or of an array's elements."""
        if schema.get("x-name") == "states":
            yield "states must be a two-letter code", lambda value: isinstance(value, str) and value != "x"
        elif schema.get("type") == "integer":
            *bounds, (_, number) = super().checks(name, {**schema, **BOUNDS.get(name, {})})
            yield from bounds
            yield f"{name} must be an integer number", lambda value: number(value) and value == int(value)
        else:
            yield from super().checks(name, schema)


def bodies(old: Old, schema: dict[str, Any], depth: int = 2) -> Iterator[dict[str, Any]]:
    """Yield bodies with one wrong member, down to `depth` levels."""
    for name, member in schema["properties"].items():
        for value in WRONG if depth == 2 else INNER:
            yield {name: value}
        inner = old.resolved(member)[1]
        many = inner.get("type") == "array"
        inner = old.resolved(inner["items"])[1] if many else inner
        if depth and "properties" in inner:
            for body in bodies(old, inner, depth - 1):
                yield {name: [body] if many else body}


@pytest.fixture(autouse=True)
def many_tries(settings: Any) -> None:
    """What is counted before it is looked at may be sent often."""
    settings.RESET_REQUESTS = settings.TOKEN_TRIES = 100_000


@pytest.mark.parametrize("operation", [*ADMIN, *OPERATOR])
def test_a_wrong_member_is_told_in_the_old_words(api: Api, admin: Caller, operator: Caller, operation: str) -> None:
    assert not faults(api, Old(operation), operator if operation in OPERATOR else admin)


@pytest.mark.parametrize("operation", OURS)
def test_a_wrong_member_of_ours_is_told_in_the_same_words(api: Api, admin: Caller, operation: str) -> None:
    assert not faults(api, Ours(operation), admin)


def faults(api: Api, validator: Old, caller: Caller) -> str:
    """Return what a caller is answered otherwise than a validator says, a line each."""
    method, _, path = validator.operation.partition(" ")
    names = ("id", "userId", "roleId", "leadId", "assignmentId", "matchId")
    path = path.format(**dict.fromkeys(names, UNKNOWN), tenantId=UUID)
    found = []
    for body in [{}, {"zz": 1}, *bodies(validator, validator.body)]:
        expected = validator.told(validator.body, body)
        if not expected:
            continue
        answer = api.request(method, path, body, as_=caller)
        if (answer.status_code, answer.json().get("message")) != (400, expected):
            found.append(f"{body}: {answer.status_code} {answer.json().get('message')} instead of {expected}")
    return "\n".join(found[:20])
