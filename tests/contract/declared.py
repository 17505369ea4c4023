"""The contract files as data: operations, their declared answers, and a check of an answer against its schema."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from platform_services import SERVICES

FOLDER = Path(__file__).resolve().parents[2] / "contract"
# What the descriptions of answers say that are there as a record of a defect.
_DEFECT = "Do not reproduce"
_JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One operation of a contract file. `answers`: the validator of each declared status (None: no JSON body); `files`: the
    other media types that are declared for a status."""

    service: str
    method: str
    path: str
    tier: str
    answers: dict[int, Any] = field(compare=False, hash=False)
    files: dict[int, set[str]] = field(compare=False, hash=False)

    @property
    def name(self) -> str:
        """`GET /api/leads/{leadId}`."""
        return f"{self.method} {self.path}"

    @property
    def pattern(self) -> re.Pattern[str]:
        """What paths of this operation look like."""
        parts = [re.escape(part) for part in re.split(r"\{\w+\}", self.path)]
        return re.compile("[^/]+".join(parts) + "/?", re.IGNORECASE)


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation of every contract file."""
    return tuple(operation for service in SERVICES for operation in _operations_of(service))


@cache
def _ordered() -> list[tuple[re.Pattern[str], Operation]]:
    # Literal segments win over parameters, as in the routes.
    ordered = sorted(operations(), key=lambda one: one.path.count("{"))
    return [(one.pattern, one) for one in ordered]


@cache
def operation_of(method: str, path: str) -> Operation | None:
    """Return the operation that a request without its query string is about, or None."""
    fitting = (one for pattern, one in _ordered() if one.method == method and pattern.fullmatch(path))
    return next(fitting, None)


def faults(operation: Operation, status: int, body: Any) -> list[str]:
    """Return what an answer has that its declared schema forbids; nothing for a status that is not declared."""
    validator = operation.answers.get(status)
    if validator is None:
        return []
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in validator.iter_errors(body)]


def _operations_of(service: str) -> Iterator[Operation]:
    document = yaml.safe_load((FOLDER / f"{service}.yaml").read_text(encoding="utf-8"))
    schemas = {name: json_schema(schema) for name, schema in document["components"]["schemas"].items()}
    for path, described in document["paths"].items():
        for method in METHODS:
            if method in described:
                tier = _tiers().get((service, method.upper(), path), "ours")
                resolved = {int(key): _resolved(one, document) for key, one in described[method]["responses"].items()}
                kept = {status: answer for status, answer in resolved.items() if _DEFECT not in answer["description"]}
                answers = {status: _validator(answer, schemas) for status, answer in kept.items()}
                files = {status: set(answer.get("content", {})) - {_JSON} for status, answer in kept.items()}
                yield Operation(service, method.upper(), path, tier, answers, files)


@cache
def _tiers() -> dict[tuple[str, str, str], str]:
    with (FOLDER / "scope.csv").open(encoding="utf-8") as file:
        return {(row["service"], row["method"], row["path"]): row["tier"] for row in csv.DictReader(file)}


def _resolved(answer: dict[str, Any], document: dict[str, Any]) -> Any:
    return document["components"]["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer


def _validator(answer: dict[str, Any], schemas: dict[str, Any]) -> Any:
    content = answer.get("content", {}).get(_JSON)
    if content is None or "schema" not in content:
        return None
    schema = {"allOf": [json_schema(content["schema"])], "components": {"schemas": schemas}}
    return jsonschema_rs.Draft4Validator(schema)


def json_schema(node: Any) -> Any:
    """Return an OpenAPI 3.0 schema as a JSON schema: `nullable` is the one word that JSON Schema says differently
    (https://spec.openapis.org/oas/v3.0.3#schema-object)."""
    if isinstance(node, list):
        return [json_schema(member) for member in node]
    if not isinstance(node, dict):
        return node
    plain = {name: json_schema(value) for name, value in node.items() if name != "nullable"}
    if plain.get("additionalProperties") is False:
        # Requests refuse unknown members; answers may have more (contract/differences.md: additions).
        del plain["additionalProperties"]
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain
