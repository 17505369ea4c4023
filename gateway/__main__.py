"""`python -m gateway`: print Envoy's configuration for containers (JSON, which is YAML too)."""

import argparse
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

from gateway.dns import Names, bootstrap
from gateway.envoy import Settings
from gateway.limits import HEAP
from gateway.people import key_of


def main() -> None:
    """Print the bootstrap that the options and the environment describe."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104 - of a container
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--metrics-port", type=int, default=9901)
    parser.add_argument("--service-port", type=int, default=8000)
    parser.add_argument("--suffix", default="", help="appended to the services' names, such as .crm.svc.cluster.local")
    words = parser.parse_args()
    names = Names(words.suffix, words.service_port, words.metrics_port)
    json.dump(bootstrap(_settings(words.host, words.port), names), sys.stdout, indent=1)


def _settings(host: str, port: int) -> Settings:
    given = os.environ.get
    settings = Settings(
        port=port,
        folder=Path(),
        host=host,
        rate_limit=int(given("LEADMESH_RATE_LIMIT") or 500),
        heap=int(given("LEADMESH_GATEWAY_HEAP") or HEAP),
        proxies=int(given("TRUSTED_PROXIES") or 1) - 1,
        legacy=given("LEADMESH_LEGACY_URL", ""),
        legacy_key=key_of(given("JWT_SECRET", "")),
        traces=given("OTEL_EXPORTER_OTLP_ENDPOINT", ""),
        comparer=given("LEADMESH_COMPARER", ""),
    )
    front_end = given("FRONTEND_URL", "").rstrip("/")
    return replace(settings, origins=(front_end,)) if front_end else settings


if __name__ == "__main__":
    main()
