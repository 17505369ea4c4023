"""The contract as the comparison needs it: its operations, what they declare, and the group of each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gateway.table import Route, load, owner_of
from platform_services import SERVICES

FOLDER = Path(__file__).resolve().parents[2] / "contract"
_METHODS = ("get", "post", "put", "patch", "delete")
# What the descriptions of answers say that are there as a record of a defect.
_DEFECT = "Do not reproduce"


@dataclass(frozen=True)
class Operation:
    """An operation: statuses and query parameters that the contract declares."""

    method: str
    path: str
    service: str
    group: str
    statuses: tuple[int, ...]
    parameters: frozenset[str]

    @property
    def name(self) -> str:
        """As the contract has it: `GET /api/leads/{leadId}`."""
        return f"{self.method} {self.path}"


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation of every contract file. Raises OSError, yaml.YAMLError."""
    routes = load()
    return tuple(one for service in SERVICES for one in _operations_of(_document(service), routes))


@cache
def _patterns() -> list[tuple[re.Pattern[str], Operation]]:
    # Literal segments win over parameters, as in the services' routes.
    ordered = sorted(operations(), key=lambda one: one.path.count("{"))
    return [(_pattern(one.path), one) for one in ordered]


def operation_of(method: str, path: str) -> Operation | None:
    """Return the operation that a request for `path`, without its query, is about; a HEAD is about that of the GET."""
    wanted = "GET" if method == "HEAD" else method
    return next((one for pattern, one in _patterns() if one.method == wanted and pattern.fullmatch(path)), None)


@cache
def words() -> frozenset[str]:
    """Return every value that the contract enumerates: none is about a person."""
    return frozenset(word for service in SERVICES for word in _enumerated(_document(service)))


@cache
def _document(service: str) -> dict[str, Any]:
    text = (FOLDER / f"{service}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(yaml.load(text, Loader=loader))  # noqa: S506 - either is a safe one


def _operations_of(document: Mapping[str, Any], routes: list[Route]) -> Iterator[Operation]:
    for path, described in document["paths"].items():
        for method in _METHODS:
            owner = owner_of(routes, path) if method in described else None
            if owner:
                group = owner.reads if method == "get" else owner.writes
                statuses = _statuses(described[method]["responses"], document)
                parameters = _parameters(described, method, document)
                yield Operation(method.upper(), path, owner.service, group, statuses, parameters)


def _statuses(answers: Mapping[str, Any], document: Mapping[str, Any]) -> tuple[int, ...]:
    told = {status: _resolved(answer, document).get("description", "") for status, answer in answers.items()}
    return tuple(sorted(int(status) for status, text in told.items() if status.isdigit() and _DEFECT not in text))


def _parameters(described: Mapping[str, Any], method: str, document: Mapping[str, Any]) -> frozenset[str]:
    declared = [*described.get("parameters", ()), *described[method].get("parameters", ())]
    resolved = [_resolved(one, document) for one in declared]
    return frozenset(one["name"] for one in resolved if one.get("in") == "query")


def _resolved(node: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts) + "/?", re.IGNORECASE)


def _enumerated(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        listed = node.get("enum")
        yield from (one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from _enumerated(one)
