"""The API description: rendered from the code, agreeing with the contract."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from core.api.docs import api_schema
from platform_services import SERVICES
from tests.conftest import Api

CONTRACT = Path(__file__).resolve().parents[2] / "contract"
# Operations of ours that no contract file names, each explained in contract/differences.md.
OURS = {("get", "/api/auth/register/google")}


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return {path: operations for path, operations in api_schema()["paths"].items() if not path.startswith("/internal")}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for service in SERVICES:
        document = yaml.safe_load((CONTRACT / f"{service}.yaml").read_text(encoding="utf-8"))
        for path, operations in document["paths"].items():
            paths.setdefault(path, {}).update(resolved(operations, document))
    return paths


def resolved(node: Any, document: Any) -> Any:
    if isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return resolved(target, document)
    if isinstance(node, dict):
        return {name: resolved(value, document) for name, value in node.items()}
    return [resolved(value, document) for value in node] if isinstance(node, list) else node


def test_every_route_is_an_operation_of_the_contract(described: Any, contract: Any) -> None:
    unknown = {
        (method, path)
        for path, operations in described.items()
        for method in operations
        if method not in contract.get(path, {})
    }
    assert unknown == OURS


def test_bodies_have_the_members_of_the_contract(described: Any, contract: Any) -> None:
    schemas = api_schema()["components"]["schemas"]
    wrong = []
    for path, operations in described.items():
        for method, operation in operations.items():
            ours = members(operation, schemas)
            if (method, path) in OURS:
                continue
            theirs = contract[path][method].get("requestBody", {}).get("content", {}).get("application/json", {})
            declared = theirs.get("schema", {}).get("properties")
            if ours is not None and declared is not None and not set(declared) <= ours:
                wrong.append(f"{method} {path}: lacks {sorted(set(declared) - ours)}")
    assert not wrong


def members(operation: Any, schemas: Any) -> set[str] | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    return set((schemas[name] if name else schema).get("properties", {}))


def test_query_parameters_are_those_of_the_contract(described: Any, contract: Any) -> None:
    wrong = []
    for path, operations in described.items():
        for method, operation in operations.items():
            ours = {parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
            declared = contract[path].get(method, {}).get("parameters", [])
            theirs = {parameter["name"] for parameter in declared if parameter["in"] == "query"}
            if ours and not theirs <= ours:
                wrong.append(f"{method} {path}: lacks {sorted(theirs - ours)}")
    assert not wrong


def test_protected_operations_say_so(described: Any) -> None:
    assert described["/api/leads"]["get"]["security"] == [{"bearerAuth": []}]
    assert not described["/api/auth/login"]["post"].get("security")


def test_the_page_offers_every_service(api: Api) -> None:
    page = api.get("/api/docs").content.decode()
    assert "/api/schema/monolith" in page
    assert api.get("/api/schema/monolith").json()["openapi"].startswith("3.")
