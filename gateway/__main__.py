"""`python -m gateway`: print Envoy's configuration for containers (JSON, which is YAML too)."""

import argparse
import json
import sys
from pathlib import Path

from gateway import environment
from gateway.dns import Names, bootstrap


def main() -> None:
    """Print the bootstrap that the options and the environment describe."""
    parser = argparse.ArgumentParser(prog="python -m gateway", description=__doc__)
    parser.add_argument("--host", default="0.0.0.0", help="address to listen on")  # noqa: S104 - of a container
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--metrics-port", type=int, default=9901)
    parser.add_argument("--service-port", type=int, default=8000)
    parser.add_argument("--suffix", default="", help="appended to the services' names, such as .crm.svc.cluster.local")
    parser.add_argument(
        "--folder", type=Path, default=environment.FOLDER, help="what Envoy and its agent share (%(default)s)"
    )
    words = parser.parse_args()
    names = Names(words.suffix, words.service_port, words.metrics_port)
    try:
        settings = environment.settings(words.folder, host=words.host, port=words.port)
    except environment.Missing as missing:
        sys.exit(str(missing))
    json.dump(bootstrap(settings, names), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
