"""The files that the node's parts read."""

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cluster.node import Node

PAUSE_IMAGE = "leadmesh.test/pause:1"
# Created by `run`, removed by it as well: all cgroups of pods are below it.
CGROUP_ROOT = "/leadmesh-cluster"


def write_all(node: "Node") -> None:
    """Write every file into the node's folder."""
    for name in ("logs", "certificates", "cni", "helm"):
        (node.folder / name).mkdir(parents=True, exist_ok=True)
    (node.folder / "tokens.csv").write_text(f"{node.token},admin,admin,system:masters\n", encoding="utf-8")
    _write_json(node.folder / "kubeconfig", _kubeconfig(node.token))
    _write_json(node.folder / "kubelet.json", _kubelet(node.folder))
    _write_json(node.folder / "cni" / "bridge.conf", _bridge())
    (node.folder / "containerd.toml").write_text(_containerd(node.folder, node.built), encoding="utf-8")
    _make_keys(node.folder / "service-accounts")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def _kubeconfig(token: str) -> object:
    from tests.cluster.node import API

    # The API server's certificate is one that it made itself a moment ago.
    cluster = {"server": API, "insecure-skip-tls-verify": True}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
        "current-context": "test",
    }


def _kubelet(folder: Path) -> object:
    from tests.cluster.node import NAME_SERVER

    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        # The namespace is closed: only the API server and the metrics stub can ask.
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": CGROUP_ROOT,
        "failSwapOn": False,
        "clusterDNS": [NAME_SERVER],
        "clusterDomain": "cluster.local",
        # The machine's disk may be as full as it likes.
        "evictionHard": {"memory.available": "100Mi"},
        "imageGCHighThresholdPercent": 100,
        "volumePluginDir": str(folder / "volume-plugins"),
    }


def _bridge() -> object:
    from tests.cluster.node import PODS

    return {
        "cniVersion": "0.4.0",
        "name": "pods",
        "type": "bridge",
        "bridge": "pods0",
        "isGateway": True,
        # A pod may be a backend of the service that it calls.
        "hairpinMode": True,
        "ipam": {"type": "host-local", "subnet": PODS, "routes": [{"dst": "0.0.0.0/0"}]},
    }


def _containerd(folder: Path, built: Path) -> str:
    return f"""
version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
[grpc]
address = "{folder}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
disable_apparmor = true
# Without CAP_SYS_RESOURCE (a machine that is itself a container) no process may protect itself from the killer.
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{built}/root/usr/lib/cni"
conf_dir = "{folder}/cni"
"""


def _make_keys(stem: Path) -> None:
    for words in (
        ["genrsa", "-out", f"{stem}.key", "2048"],
        ["rsa", "-in", f"{stem}.key", "-pubout", "-out", f"{stem}.pub"],
    ):
        subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)
