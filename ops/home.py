"""Where a platform keeps its state: folders, ports, running processes. Two homes never disturb each other."""

import fcntl
import hashlib
import json
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gateway.files import write_json

ROOT = Path(__file__).resolve().parents[1]
# A Unix socket's path must fit into 108 bytes (unix(7)).
_SOCKET_PATH_BYTES = 100


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one platform, `.leadmesh` in the checkout unless LEADMESH_HOME says otherwise."""

    folder: Path

    @classmethod
    def from_environment(cls) -> "Home":
        """Return the home that LEADMESH_HOME names, made if missing."""
        folder = Path(os.environ.get("LEADMESH_HOME") or ROOT / ".leadmesh").resolve()
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        return cls(folder)

    @property
    def socket(self) -> Path:
        """The control socket."""
        path = self.folder / "control.sock"
        return path if len(str(path)) < _SOCKET_PATH_BYTES else Path(f"{self._elsewhere}.sock")

    @property
    def comparer(self) -> Path:
        """The folder in which gateway and agent have their sockets, made if missing; only its owner may enter it."""
        folder = self.folder / "comparer"
        folder = folder if len(str(folder / "compare.sock")) < _SOCKET_PATH_BYTES else self._elsewhere
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    @property
    def _elsewhere(self) -> Path:
        digest = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"leadmesh-{digest}"

    @property
    def endpoints(self) -> Path:
        """The file in which services find each other."""
        return self.folder / "endpoints.json"

    def log(self, name: str) -> Path:
        """Return the log file of a process."""
        return self.folder / "logs" / f"{name}.log"

    def read(self, name: str) -> dict[str, Any]:
        """Return the stored facts `name`, empty when there are none."""
        try:
            stored: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stored

    def write(self, name: str, facts: dict[str, Any]) -> None:
        """Store the facts `name`, whole or not at all. Raises OSError."""
        write_json(self.folder / f"{name}.json", facts)

    def lock(self) -> IO[str] | None:
        """Return a lock that only one supervisor holds, or None when another one has it."""
        file = (self.folder / "supervisor.lock").open("w", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return file

    def port(self, name: str) -> int:
        """Return the port of a part: the same as last time if it is free, else a new one."""
        ports = self.read("ports")
        if not (name in ports and is_free(ports[name])):
            ports[name] = free_port()
            self.write("ports", ports)
        return int(ports[name])


def free_port() -> int:
    """Return a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether no process listens on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
