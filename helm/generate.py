"""`python -m helm.generate`: write what the charts take from the code and the tables.

For each service: values.yaml (helm/scale.toml), values.schema.json (helm/service.schema.json), files/facts.json (who calls whom, from
the code; paths, from gateway/routes.toml). A test fails when a file is stale.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateway import table
from helm.edges import Edges, edges
from helm.scale import load, values

ROOT = Path(__file__).resolve().parent
SERVICES = table.SERVICES
_HEAD = "# Written by `python -m helm.generate` from helm/scale.toml. All other values: helm/library/values.yaml.\n"


def files() -> Iterator[tuple[Path, str]]:
    """Yield every generated file and what it must hold."""
    known, loads = edges(), load()
    for service in SERVICES:
        folder = ROOT / service
        yield folder / "values.yaml", _HEAD + "\n".join(_yaml(values(loads[service]))) + "\n"
        yield folder / "files" / "facts.json", _json(facts(service, known[service]))


def facts(service: str, known: Edges) -> dict[str, Any]:
    """Return what the templates know of a service without being told."""
    routes = [route for route in table.load() if route.service == service]
    aliases = [{"alias": alias, "prefix": route.prefix} for route in routes for alias in route.aliases]
    return {
        "edges": asdict(known),
        "routes": {"prefixes": sorted(route.prefix for route in routes), "aliases": aliases},
    }


def _yaml(tree: dict[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _yaml(value, indent + "  ")
        else:
            yield f"{indent}{key}: {value}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2) + "\n"


def main() -> None:
    """Write the files."""
    for path, text in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
