"""`python -m helm.generate`: write what the charts take from the code and the tables. A test fails when a file is stale.

values.yaml of a service: helm/scale.toml. values.schema.json: helm/schema.py. README.md: the comments of values.yaml.
files/facts.json: who calls whom, helm/edges.py; paths, gateway/routes.toml. files/envoy.json: the gateway's configuration;
files/envoy-legacy.json: that beside an old system, where the agent writes the routes.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gateway import dns, environment, envoy, table
from helm import readme, schema
from helm.edges import Edges, edges
from helm.scale import load, values
from platform_services import BRIDGED, SERVICES

ROOT = Path(__file__).resolve().parent
CHARTS = (*SERVICES, "gateway")
_HEAD = "# Written by `python -m helm.generate` from helm/scale.toml. All other values: helm/library/values.yaml.\n"
# The chart replaces or removes these (helm/gateway/templates/_envoy.tpl).
_LEGACY, _TRACES = "https://legacy.invalid:443", "http://traces.invalid:4318"


def files() -> Iterator[tuple[Path, str]]:
    """Yield every generated file and what it must hold."""
    known, loads = edges(), load()
    for service in SERVICES:
        folder = ROOT / service
        yield folder / "values.yaml", _HEAD + "\n".join(_yaml(values(loads[service]))) + "\n"
        yield folder / "values.schema.json", _json(schema.chart(schema.SHARED))
        yield folder / "files" / "facts.json", _json(facts(service, known[service]))
        yield folder / "README.md", _readme(service, ROOT / "library" / "values.yaml", values(loads[service]))
    folder = ROOT / "gateway"
    yield folder / "values.schema.json", _json(schema.chart(schema.SHARED | schema.GATEWAY))
    yield folder / "files" / "facts.json", _json({"edges": {"calls": SERVICES, "callers": [], "outside": []}})
    yield folder / "files" / "envoy.json", _json(gateway_configuration())
    yield folder / "files" / "envoy-legacy.json", _json(gateway_configuration(_LEGACY))
    yield folder / "README.md", _readme("gateway", folder / "values.yaml", {})
    folder = ROOT / "leadmesh"
    yield folder / "values.schema.json", _json(schema.umbrella(CHARTS))
    yield folder / "README.md", _readme("leadmesh", folder / "values.yaml", {})


def facts(service: str, known: Edges) -> dict[str, Any]:
    """Return what the templates know of a service without values."""
    routes = sorted((route for route in table.load() if route.service == service), key=lambda route: route.prefix)
    # Groups are finer than services; to a service leads what is above them.
    routes = [route for route in routes if not any(_is_below(route.prefix, other.prefix) for other in routes)]
    aliases = [{"alias": alias, "prefix": route.prefix} for route in routes for alias in route.aliases]
    return {
        "edges": asdict(known),
        "bridged": service in BRIDGED,
        "routes": {"prefixes": [route.prefix for route in routes], "aliases": aliases},
    }


def _is_below(prefix: str, other: str) -> bool:
    return prefix.startswith(other + "/")


def gateway_configuration(legacy: str = "") -> dict[str, Any]:
    """Return Envoy's configuration with traces; it finds the pods of each service by its headless Service."""
    folder, host = environment.FOLDER, "0.0.0.0"  # noqa: S104
    settings = envoy.Settings(8000, folder, host, legacy=legacy, traces=_TRACES, comparer=str(folder))
    return dns.bootstrap(settings, dns.Names(suffix="-pods"))


def _readme(chart: str, defaults: Path, own: dict[str, Any]) -> str:
    return f"""# {chart}

Written by `make charts-write` from `values.yaml` here and in the library. How to install, scale, and roll back:
[helm/README.md](../README.md).

{readme.table(defaults, own)}
"""


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
