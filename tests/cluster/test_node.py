"""The node itself: the versions, a pod made by a Deployment, its logs, a service that reaches it."""

import json
import time
from pathlib import Path

from tests.cluster.conftest import Saw
from tests.cluster.images import write_image
from tests.cluster.node import Node
from tests.cluster.waiting import eventually

_IMAGE = "leadmesh.test/page:1"


def test_the_parts_are_real(node: Node, saw: Saw) -> None:
    versions = json.loads(node.kubectl("version", "-o", "json"))
    kubelet = node.kubectl("get", "nodes", "-o", "jsonpath={.items[0].status.nodeInfo.kubeletVersion}")
    assert versions["serverVersion"]["gitVersion"] == kubelet == "v1.20.2"
    parts = ", ".join(part.name for part in node.parts if part.alive)
    saw("node", f"Kubernetes {kubelet}: {parts}")


def test_a_pod_runs_and_is_reached(node: Node, folder: Path, saw: Saw) -> None:
    busybox = (node.built / "root/bin/busybox").read_bytes()
    command = ["/busybox", "httpd", "-f", "-p", "8000", "-h", "/"]
    write_image(folder / "page.tar", _IMAGE, {"busybox": busybox, "index.html": b"a page"}, command)
    node.load_image(folder / "page.tar")
    begun = time.monotonic()
    node.kubectl("create", "deployment", "page", "--image", _IMAGE, "--replicas", "2")
    node.kubectl("rollout", "status", "deployment/page", "--timeout=60s")
    taken = time.monotonic() - begun
    node.kubectl("expose", "deployment", "page", "--port", "8000")
    call = ["/busybox", "wget", "-qO-", "http://page:8000/index.html"]
    node.kubectl("run", "caller", "--image", _IMAGE, "--restart=OnFailure", "--", *call)
    eventually(lambda: node.kubectl("logs", "caller", check=False) == "a page", 60)
    node.kubectl("delete", "deployment/page", "service/page", "pod/caller")
    saw("a pod", f"two pods ready in {taken:.1f} s; a third one reached them by the name of their service")
