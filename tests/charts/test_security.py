"""Pods may do as little as possible, and get in and out only where the code needs it."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from platform_services import BRIDGED
from tests.charts.conftest import BIN, HERE, Document, Render, named, pods
from tests.charts.test_render import SERVICES, SETS


@pytest.mark.parametrize("values", SETS)
def test_pods_are_restricted(values: str, render: Render) -> None:
    """Pod Security Standards, level restricted, and more: no token, nothing writable but /tmp, or what a gateway's pod shares."""
    specs = pods(render("leadmesh", values))
    bridges = len(BRIDGED) if values == "everything" else 0
    assert len(specs) == 3 * len(SERVICES) + 1 + bridges
    for name, spec in specs.items():
        assert not spec["automountServiceAccountToken"], name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)
        assert {next(kind for kind in volume if kind != "name") for volume in spec["volumes"]} <= {
            "emptyDir",
            "secret",
            "configMap",
        }
        context = spec["securityContext"]
        assert (context["runAsNonRoot"], context["runAsUser"], context["seccompProfile"]["type"]) == (
            True,
            10001,
            "RuntimeDefault",
        )
        for container in containers(spec):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            writable = [mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")]
            assert writable == ["/run/gateway" if name == "gateway" else "/tmp"]
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]


def containers(spec: Document) -> list[Document]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def test_pods_that_stay_are_probed(render: Render) -> None:
    for document in render("leadmesh", "production"):
        if document["kind"] == "Deployment":
            for container in document["spec"]["template"]["spec"]["containers"]:
                assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)


def test_no_document_holds_a_secret(render: Render) -> None:
    documents = render("leadmesh", "production")
    assert "Secret" not in {d["kind"] for d in documents}
    (container,) = pods(documents)["leads"]["containers"]
    files = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
    keys = ("MONGODB_URI", "REDIS_URL", "SECRET_KEY", "JWT_SECRET", "SERVICE_SECRET", "SMTP_PASS")
    assert files == {f"{key}_FILE": f"/run/secrets/leadmesh/{key}" for key in keys}
    (volume,) = [v for v in pods(documents)["leads"]["volumes"] if "secret" in v]
    assert [item["key"] for item in volume["secret"]["items"]] == list(keys)
    # Envoy gets none.
    envoy, agent = pods(documents)["gateway"]["containers"]
    assert "/run/secrets" not in json.dumps(envoy)
    named_files = {entry["name"] for entry in agent["env"] if "/run/secrets" in entry["value"]}
    assert named_files == {"MONGODB_URI_FILE", "JWT_SECRET_FILE", "LEADMESH_INCIDENT_WEBHOOK_FILE"}


def test_secrets_from_a_store_are_there_before_the_migration(render: Render) -> None:
    documents = render("leads", "everything")
    secret, job = named(documents, "ExternalSecret", "leads"), named(documents, "Job", "leads-migrate")
    weights = [int(d["metadata"]["annotations"]["helm.sh/hook-weight"]) for d in (secret, job)]
    assert weights == sorted(set(weights))
    assert secret["spec"]["target"] == {"name": "leads", "creationPolicy": "Orphan"}
    (volume,) = [v for v in pods(documents)["leads-migrate"]["volumes"] if "secret" in v]
    assert volume["secret"]["secretName"] == "leads"


def test_the_migration_needs_nothing_that_is_installed_after_it(render: Render) -> None:
    (container,) = pods(render("leads", "production"))["leads-migrate"]["containers"]
    assert "envFrom" not in container
    assert "serviceAccountName" not in pods(render("leads", "production"))["leads-migrate"]
    assert {"name": "LEADMESH_PUBLIC_URL", "value": "https://crm.example.com"} in container["env"]


def test_checkov_finds_nothing(render: Render, tmp_path: Path) -> None:
    for values in ("production", "everything"):
        documents: list[Document] = render("leadmesh", values)
        (tmp_path / f"{values}.yaml").write_text(yaml.safe_dump_all(documents))
    words = [
        str(BIN / "python"),
        str(BIN / "checkov"),
        "-d",
        str(tmp_path),
        "-o",
        "json",
        "--config-file",
        str(HERE / "checkov.yaml"),
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    failed = [f"{check['check_id']} {check['resource']}" for check in report["results"]["failed_checks"]]
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 500
    assert failed == []
