"""Names of services for pods: a real name server whose table follows the API server, in place of a cluster DNS."""

import json
import os
import signal
import threading
from pathlib import Path

from ops.parts.process import Part, spawn
from tests.cluster.node import NAME_SERVER, Node

_DOMAIN = "svc.cluster.local"
_PAUSE_SECONDS = 0.5


class Names:
    """Debian's dnsmasq, and a thread that writes its table when a service comes, goes or moves."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._table = node.folder / "names"
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._table.touch()
        self._part = _start(self._table, node.folder / "logs" / "dnsmasq.log")

    def start(self) -> None:
        """Follow the services."""
        self._thread.start()

    def stop(self) -> None:
        """Stop both."""
        self._ended.set()
        self._thread.join()
        self._part.stop(2.0)

    def _follow(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            text = "".join(sorted(self._lines()))
            if text and text != self._table.read_text(encoding="utf-8"):
                self._table.write_text(text, encoding="utf-8")
                # dnsmasq(8): reads its tables again.
                os.kill(self._part.pid, signal.SIGHUP)

    def _lines(self) -> list[str]:
        found = self._node.kubectl("get", "services,endpoints", "-A", "-o", "json", check=False)
        try:
            objects = json.loads(found)["items"]
        except ValueError:
            return []
        return [line for entry in objects for line in _lines_of(entry, objects)]


def _lines_of(entry: dict, objects: list[dict]) -> list[str]:
    if entry["kind"] != "Service":
        return []
    address = entry["spec"].get("clusterIP", "")
    addresses = _pods_of(entry["metadata"], objects) if address == "None" else [address]
    name = f"{entry['metadata']['name']}.{entry['metadata']['namespace']}.{_DOMAIN}"
    return [f"{address} {name}\n" for address in addresses if address]


def _pods_of(service: dict, objects: list[dict]) -> list[str]:
    """A headless service's name stands for its ready pods."""
    key = (service["namespace"], service["name"])
    own = [entry for entry in objects if entry["kind"] == "Endpoints"]
    own = [entry for entry in own if (entry["metadata"]["namespace"], entry["metadata"]["name"]) == key]
    subsets = [subset for entry in own for subset in entry.get("subsets", [])]
    return [address["ip"] for subset in subsets for address in subset.get("addresses", [])]


def _start(table: Path, log: Path) -> Part:
    command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--group=root", "--pid-file="]
    command += [f"--listen-address={NAME_SERVER}", "--bind-interfaces", "--no-resolv", "--no-hosts"]
    # What is not in the table does not exist; nothing is remembered.
    command += ["--local=/#/", f"--addn-hosts={table}", "--local-ttl=0", "--no-negcache"]
    return Part("dnsmasq", "", 53, spawn(command, log), log)
