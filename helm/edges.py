"""Who talks to whom, read from the code: the network policies allow this and nothing else."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.events.catalogue import EVERYBODY, EXPORTS

ROOT = Path(__file__).resolve().parents[1]
# A call whose target is not written there, and what it can be.
_COMPUTED = {"export.owner": {service: {e.owner for e in EXPORTS if service in e.subscribers} for service in EVERYBODY}}
# The client's own way of asking for the address of what its caller named.
_PASSED_ON = ("self.service",)
# What a module needs when it imports this; who is reached is outside of the platform.
_OUTSIDE = {"httpx": "https", "django.core.mail": "smtp"}
_CALLERS = ("ServiceClient", "address_of")


class UnknownCall(ValueError):
    """A service is called in a way that is not understood here: the policies would forbid it."""


@dataclass(frozen=True, slots=True)
class Edges:
    """A service's neighbours. outside: kinds of services of others."""

    calls: tuple[str, ...]
    callers: tuple[str, ...]
    outside: tuple[str, ...]


def edges() -> dict[str, Edges]:
    """Return the edges by service. Raises UnknownCall.

    Facts travel through Redis: an event makes no edge between services."""
    calls = {service: tuple(sorted(_calls(service))) for service in EVERYBODY}
    return {
        service: Edges(
            calls[service],
            tuple(sorted(other for other in EVERYBODY if service in calls[other])),
            tuple(sorted(_outside(service))),
        )
        for service in EVERYBODY
    }


def _calls(service: str) -> set[str]:
    targets: set[str] = set()
    for path in [*ROOT.glob("core/**/*.py"), *ROOT.glob(f"services/{service}/**/*.py")]:
        for argument in _arguments(ast.parse(path.read_text(encoding="utf-8"))):
            targets |= _targets(service, argument, path)
    return targets


def _arguments(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLERS:
            yield node.args[0]


def _targets(service: str, argument: ast.expr, path: Path) -> set[str]:
    if isinstance(argument, ast.Constant):
        return {str(argument.value)}
    words = ast.unparse(argument)
    if words in _PASSED_ON:
        return set()
    if words not in _COMPUTED:
        raise UnknownCall(f"{path}: who is {words}? Teach helm/edges.py.")
    return _COMPUTED[words][service]


def _outside(service: str) -> set[str]:
    found = set()
    for path in ROOT.glob(f"services/{service}/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {_OUTSIDE[name] for name in names if name in _OUTSIDE}
    return found
