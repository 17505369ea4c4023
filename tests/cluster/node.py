"""One Kubernetes node made of plain processes, in the network, process and mount namespaces that `run` made for it."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ops.parts.process import Part, spawn
from tests.cluster import configuration

# Addresses of the node's own network namespace; nothing outside has a way to them.
NODE, PODS, SERVICES, NAME_SERVER = "10.66.0.1", "10.66.1.0/24", "10.66.2.0/24", "10.66.0.1"
NAME = "node"
API = f"https://{NODE}:6443"
_START_SECONDS = 90.0


class NodeFailed(Exception):
    """The node did not come up; the message has the last words of the part that failed."""


@dataclass
class Node:
    """The node: `folder` holds its state, `built` what tests/cluster/build made."""

    folder: Path
    built: Path
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    parts: list[Part] = field(default_factory=list)

    def start(self) -> None:
        """Start every part in order and return once the node is ready for pods. Raises NodeFailed."""
        configuration.write_all(self)
        _make_network()
        self._start("etcd", self._etcd())
        self._start("kube-apiserver", self._api_server())
        self._await("the API server", lambda: self.kubectl("get", "--raw", "/readyz", check=False) == "ok")
        self._start("containerd", self._containerd())
        self._await("containerd", self.socket.exists)
        self._start("kube-controller-manager", self._controller_manager())
        self._start("kube-scheduler", self._scheduler())
        self._start("kubelet", self._kubelet())
        self._start("kube-proxy", self._proxy())
        self._await("the node", self._is_ready)

    def stop(self) -> None:
        """Stop the parts in reverse order. What they leave (containers, mounts) ends with the namespaces."""
        while self.parts:
            self.parts.pop().stop(5.0)

    def kubectl(self, *words: str, check: bool = True, given: str | None = None) -> str:
        """Run kubectl and return what it printed. Raises AssertionError with its message when it failed and `check`."""
        return self.run("kubectl", *words, check=check, given=given)

    def run(self, program: str, *words: str, check: bool = True, given: str | None = None) -> str:
        """Run a client of the cluster (kubectl, helm) with `given` on its input and return its output."""
        outcome = subprocess.run(
            [str(self.built / "bin" / program), *words],
            env={**os.environ, **self.environment},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or outcome.returncode == 0, f"{program} {' '.join(words)}: {outcome.stdout}{outcome.stderr}"
        return outcome.stdout if check else outcome.stdout + outcome.stderr

    def load_image(self, archive: Path) -> None:
        """Make the images of a `docker save` archive known to the node."""
        ctr = [str(self.built / "root/usr/bin/ctr"), "--address", str(self.socket), "--namespace", "k8s.io"]
        subprocess.run([*ctr, "images", "import", str(archive)], check=True, stdout=subprocess.DEVNULL)

    @property
    def socket(self) -> Path:
        """Where containerd listens."""
        return self.folder / "containerd.sock"

    @property
    def environment(self) -> dict[str, str]:
        """What clients of the cluster need; helm keeps its files in the node's folder."""
        home = str(self.folder / "helm")
        homes = {f"HELM_{kind}_HOME": f"{home}/{kind.lower()}" for kind in ("CACHE", "CONFIG", "DATA")}
        return {"KUBECONFIG": str(self.folder / "kubeconfig"), **homes}

    def _start(self, name: str, command: Sequence[str | Path]) -> None:
        log = self.folder / "logs" / f"{name}.log"
        path = f"{self.built / 'root/usr/bin'}:{self.built / 'root/usr/sbin'}:{os.environ['PATH']}"
        process = spawn([str(word) for word in command], log, {**os.environ, "PATH": path})
        self.parts.append(Part(name, "", 0, process, log))

    def _await(self, what: str, question: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            dead = next((part for part in self.parts if not part.alive), None)
            if dead:
                raise NodeFailed(f"{dead.name} ended: {dead.last_lines(5)}")
            if question():
                return
            time.sleep(0.3)
        raise NodeFailed(f"{what} was not ready within {_START_SECONDS} s: {self.parts[-1].last_lines(5)}")

    def _is_ready(self) -> bool:
        nodes = json.loads(self.kubectl("get", "nodes", "-o", "json"))["items"]
        conditions = [condition for node in nodes for condition in node["status"].get("conditions", [])]
        return any(entry["type"] == "Ready" and entry["status"] == "True" for entry in conditions)

    def _etcd(self) -> list[str | Path]:
        return [self.built / "root/usr/bin/etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync"]

    def _api_server(self) -> list[str | Path]:
        keys = self.folder / "service-accounts"
        return [
            self.built / "bin/kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            f"--cert-dir={self.folder / 'certificates'}",
            f"--advertise-address={NODE}",
            f"--service-cluster-ip-range={SERVICES}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC",
            "--kubelet-preferred-address-types=InternalIP",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-signing-key-file={keys}.key",
            f"--service-account-key-file={keys}.pub",
        ]

    def _controller_manager(self) -> list[str | Path]:
        return [
            self.built / "bin/kube-controller-manager",
            f"--kubeconfig={self.folder / 'kubeconfig'}",
            f"--service-account-private-key-file={self.folder / 'service-accounts.key'}",
            "--leader-elect=false",
            "--horizontal-pod-autoscaler-sync-period=5s",
            "--horizontal-pod-autoscaler-cpu-initialization-period=30s",
        ]

    def _scheduler(self) -> list[str | Path]:
        program = self.built / "bin/kube-scheduler"
        return [program, f"--kubeconfig={self.folder / 'kubeconfig'}", "--leader-elect=false"]

    def _containerd(self) -> list[str | Path]:
        return [self.built / "root/usr/bin/containerd", "--config", self.folder / "containerd.toml"]

    def _kubelet(self) -> list[str | Path]:
        return [
            self.built / "bin/kubelet",
            f"--config={self.folder / 'kubelet.json'}",
            f"--kubeconfig={self.folder / 'kubeconfig'}",
            f"--hostname-override={NAME}",
            f"--node-ip={NODE}",
            "--container-runtime=remote",
            f"--container-runtime-endpoint=unix://{self.socket}",
        ]

    def _proxy(self) -> list[str | Path]:
        # The limits of connection tracking belong to the machine: 0 leaves them alone.
        limits = [f"--conntrack-{name}=0" for name in ("max-per-core", "min")]
        limits += [f"--conntrack-tcp-timeout-{name}=0" for name in ("established", "close-wait")]
        return [
            self.built / "bin/kube-proxy",
            f"--kubeconfig={self.folder / 'kubeconfig'}",
            f"--hostname-override={NAME}",
            f"--cluster-cidr={PODS}",
            "--proxy-mode=iptables",
            *limits,
        ]


def _make_network() -> None:
    for command in (
        "ip link set lo up",
        "ip link add node0 type veth peer name outside",
        f"ip address add {NODE}/32 dev node0",
        "ip link set node0 up",
        "ip link set outside up",
        # Nothing is there; the parts only want to see that there is a way out.
        "ip route add default dev node0",
        "sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1",
    ):
        subprocess.run(command.split(), check=True)
