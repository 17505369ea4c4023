"""Every member of every body that the old system validated: absent, null, empty and of each wrong type, told in its words and
order. What is expected is worked out from the contract's YAML as class-validator 0.14 and NestJS' pipe would."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from core.documents.ids import object_id, uuid_text
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
)
OPERATOR = ("POST /api/tenants", "PUT /api/tenants/{tenantId}")

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
    "POST /api/auth/validate-reset-token token": "Token must be a string",
}
IDS = {"leadId", "agentId", "assignedTo", "userId", "roleId"}


@cache
def documents() -> dict[str, Any]:
    """The contract's YAML files by service."""
    return {
        name: yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
        for name in ("auth", "users", "leads")
    }


class Old:
    """The old system's validator of one operation's body."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        method, _, path = operation.partition(" ")
        self.document = next(document for document in documents().values() if path in document["paths"])
        described = self.document["paths"][path][method.lower()]["requestBody"]
        self.body = self.resolved(described["content"]["application/json"]["schema"])[1]

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


@pytest.mark.parametrize("operation", [*ADMIN, *OPERATOR])
def test_a_wrong_member_is_told_in_the_old_words(api: Api, admin: Caller, operator: Caller, operation: str) -> None:
    old = Old(operation)
    method, _, path = operation.partition(" ")
    path = path.format(**dict.fromkeys(("id", "userId", "roleId", "leadId", "assignmentId"), UNKNOWN), tenantId=UUID)
    caller = operator if operation in OPERATOR else admin
    faults = []
    for body in [{}, {"zz": 1}, *bodies(old, old.body)]:
        expected = old.told(old.body, body)
        if not expected:
            continue
        answer = api.request(method, path, body, as_=caller)
        if (answer.status_code, answer.json().get("message")) != (400, expected):
            faults.append(f"{body}: {answer.status_code} {answer.json().get('message')} instead of {expected}")
    assert not faults, "\n".join(faults[:20])
