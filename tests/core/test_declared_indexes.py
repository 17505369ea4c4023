"""Indexes as they are declared: of members that documents have, and no two over the same keys."""

import ast
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from core.documents.collection import Declared

ROOT = Path(__file__).parents[2]


def declarations() -> Iterator[tuple[str, Declared, type]]:
    """Every collection of the services and of core with the type of its documents."""
    for path in sorted([*ROOT.glob("core/**/models.py"), *ROOT.glob("services/**/models.py")]):
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                made = node.value.func
                found = getattr(module, ast.unparse(node.targets[0]))
                if isinstance(found, Declared) and isinstance(made, ast.Subscript):
                    yield path.parts[-3], found, getattr(module, ast.unparse(made.slice), dict)


DECLARED = list(declarations())


def _kinds(kind: Any) -> Iterator[Any]:
    """What a member may be; of an array its elements."""
    if get_origin(kind) in (Union, UnionType, list):
        for one in get_args(kind):
            yield from _kinds(one)
    else:
        yield kind


def _has(shape: Any, path: list[str]) -> bool:
    if not path:
        return True
    documents = [kind for kind in _kinds(shape) if is_typeddict(kind)]
    inner: list[Mapping[str, Any]] = [get_type_hints(document) for document in documents]
    return not documents or any(path[0] in hints and _has(hints[path[0]], path[1:]) for hints in inner)


def test_indexes_are_of_members_that_documents_have() -> None:
    assert sum(is_typeddict(document) for _, _, document in DECLARED) > 35
    unknown = [
        f"{found.name}.{key}"
        for _, found, document in DECLARED
        for index in found.indexes
        for key in [*index.document["key"], *index.document.get("partialFilterExpression", {})]
        if not key.startswith("$") and not _has(document, key.split("."))
    ]
    assert unknown == []


def test_no_two_indexes_of_all_documents_have_the_same_keys() -> None:
    """Where one of them is there already, each preparation would drop it for the other."""
    same = [
        f"{found.name}: {max(keys, key=keys.count)}"
        for _, found, _ in DECLARED
        for keys in [
            [str(one.document["key"]) for one in found.indexes if "partialFilterExpression" not in one.document]
        ]
        if len(keys) != len(set(keys))
    ]
    assert same == []
