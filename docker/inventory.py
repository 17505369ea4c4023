"""The bill of materials of an image, from inside its build: the Python libraries as cyclonedx-py lists them, and the
distribution's packages.

python inventory.py NAME VERSION < libraries.json > bom.json
"""

import json
import subprocess
import sys
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

_FIELDS = "${Package}\t${Version}\t${Architecture}\n"


def main(name: str, version: str) -> None:
    """Print the bill. Exits with a sentence when it is not valid CycloneDX."""
    bill = json.load(sys.stdin)
    image = {"type": "container", "name": name, "version": version, "bom-ref": f"image:{name}"}
    packages = distribution_packages()
    bill["metadata"]["component"] = image
    bill["components"] += packages
    bill["dependencies"].append(
        {"ref": image["bom-ref"], "dependsOn": [part["bom-ref"] for part in bill["components"]]}
    )
    text = json.dumps(bill, indent=1)
    fault = JsonStrictValidator(SchemaVersion.from_version(bill["specVersion"])).validate_str(text)
    if fault:
        raise SystemExit(f"The bill of materials is not valid: {fault}")
    sys.stdout.write(text)


def distribution_packages() -> list[dict[str, Any]]:
    """Return the installed Debian packages as components."""
    listed = subprocess.run(["dpkg-query", "-W", "-f", _FIELDS], capture_output=True, text=True, check=True)  # noqa: S603, S607 - fixed
    return [_component(*line.split("\t")) for line in listed.stdout.splitlines()]


def _component(name: str, version: str, architecture: str) -> dict[str, Any]:
    purl = f"pkg:deb/debian/{name}@{version.replace(':', '%3A').replace('+', '%2B')}?arch={architecture}"
    return {"type": "library", "name": name, "version": version, "purl": purl, "bom-ref": purl}


if __name__ == "__main__":
    main(*sys.argv[1:])
