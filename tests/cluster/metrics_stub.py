"""The three metrics APIs that autoscalers ask, served from `measures`; in place of metrics-server and the Prometheus adapter."""

import json
import ssl
import subprocess
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.cluster.measures import Measures, Pod, uid_of
from tests.cluster.node import NODE, Node

_PORT = 10443
_REQUESTS, _DEPTH = "leadmesh_requests_per_second", "leadmesh_queue_depth"
# Each group with its resources and their kind.
_GROUPS = {
    "metrics.k8s.io": [("pods", "PodMetrics")],
    "custom.metrics.k8s.io": [(f"pods/{_REQUESTS}", "MetricValueList")],
    "external.metrics.k8s.io": [(_DEPTH, "ExternalMetricValueList")],
}


def start(node: Node, measures: Measures) -> None:
    """Serve until the end of the process, and tell the API server where."""
    server = ThreadingHTTPServer((NODE, _PORT), type("Handler", (_Handler,), {"measures": measures}))
    server.socket = _tls(node.folder / "metrics").wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    node.kubectl("apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": _objects()}))


def answer(path: str, measures: Measures) -> Any:
    """Return the answer to a GET of `path`, or None where nothing is."""
    address = urlsplit(path)
    labels = parse_qs(address.query).get("labelSelector", [""])[0]
    match unquote(address.path).strip("/").split("/"):
        case ["apis", group] if group in _GROUPS:
            version = {"groupVersion": f"{group}/v1beta1", "version": "v1beta1"}
            return {"kind": "APIGroup", "apiVersion": "v1", "name": group, "versions": [version]}
        case ["apis", group, "v1beta1"] if group in _GROUPS:
            return _resources(group)
        case ["apis", "metrics.k8s.io", _, "namespaces", namespace, "pods"]:
            return _usage(_chosen(measures.pods, namespace, labels), measures)
        case ["apis", "custom.metrics.k8s.io", _, "namespaces", namespace, "pods", "*", metric] if metric == _REQUESTS:
            return _rates(_chosen(measures.pods, namespace, labels), measures)
        case ["apis", "external.metrics.k8s.io", _, "namespaces", _, metric] if metric == _DEPTH:
            return _depth(labels, measures)
    return None


def _resources(group: str) -> Any:
    resources = [
        {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get", "list"]}
        for name, kind in _GROUPS[group]
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{group}/v1beta1", "resources": resources}


def _usage(pods: list[Pod], measures: Measures) -> Any:
    items = [
        {
            "metadata": {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]},
            "timestamp": _now(),
            "window": "3s",
            # The pod's group holds all its containers.
            "containers": [
                {
                    "name": pod["spec"]["containers"][0]["name"],
                    "usage": {"cpu": f"{round(measures.cores[uid_of(pod)] * 1e9)}n", "memory": "0"},
                }
            ],
        }
        for pod in pods
        if uid_of(pod) in measures.cores
    ]
    return {"kind": "PodMetricsList", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {}, "items": items}


def _rates(pods: list[Pod], measures: Measures) -> Any:
    items = [
        {
            "describedObject": {"kind": "Pod", "apiVersion": "v1", "name": pod["metadata"]["name"]}
            | {"namespace": pod["metadata"]["namespace"]},
            "metricName": _REQUESTS,
            "timestamp": _now(),
            "value": f"{round(measures.requests[uid_of(pod)] * 1000)}m",
        }
        for pod in pods
        if uid_of(pod) in measures.requests
    ]
    return {"kind": "MetricValueList", "apiVersion": "custom.metrics.k8s.io/v1beta1", "metadata": {}, "items": items}


def _depth(labels: str, measures: Measures) -> Any:
    chosen = _labels(labels)
    value = str(measures.waiting(chosen["service"]))
    item = {"metricName": _DEPTH, "metricLabels": chosen, "timestamp": _now(), "value": value}
    version = "external.metrics.k8s.io/v1beta1"
    return {"kind": "ExternalMetricValueList", "apiVersion": version, "metadata": {}, "items": [item]}


def _chosen(pods: list[Pod], namespace: str, labels: str) -> list[Pod]:
    wanted = _labels(labels).items()
    own = [pod for pod in pods if pod["metadata"]["namespace"] == namespace]
    return [pod for pod in own if wanted <= pod["metadata"].get("labels", {}).items()]


def _labels(selector: str) -> dict[str, str]:
    """Selectors of Deployments are equalities."""
    pairs = [part.partition("=") for part in selector.split(",") if part]
    return {name: value.lstrip("=") for name, _, value in pairs}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Handler(BaseHTTPRequestHandler):
    measures: Measures

    def do_GET(self) -> None:
        found = answer(self.path, self.measures)
        body = json.dumps(found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _tls(stem: Path) -> ssl.SSLContext:
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=metrics"]
    words += ["-keyout", f"{stem}.key", "-out", f"{stem}.crt"]
    subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{stem}.crt", f"{stem}.key")
    return context


def _objects() -> list[Any]:
    """A service without pods that leads to this process, and one registration for each group."""
    name = {"name": "metrics", "namespace": "kube-system"}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": name, "spec": {"ports": [{"port": 443}]}}
    subset = {"addresses": [{"ip": NODE}], "ports": [{"port": _PORT}]}
    endpoints = {"apiVersion": "v1", "kind": "Endpoints", "metadata": name, "subsets": [subset]}
    return [service, endpoints, *(_registration(group) for group in _GROUPS)]


def _registration(group: str) -> Any:
    spec = {
        "service": {"name": "metrics", "namespace": "kube-system"},
        "group": group,
        "version": "v1beta1",
        "insecureSkipTLSVerify": True,
        "groupPriorityMinimum": 100,
        "versionPriority": 100,
    }
    metadata = {"name": f"v1beta1.{group}"}
    return {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": metadata, "spec": spec}
