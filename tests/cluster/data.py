"""The databases beside the node: a MongoDB replica set and a Redis-protocol server on the node's own address."""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from pymongo import MongoClient

from ops.parts import mongodb
from ops.parts import redis as valkey
from ops.parts.process import Part, spawn
from tests.cluster.node import NODE, Node

_MONGODB_PORT, _VALKEY_PORT = 27017, 6379


@dataclass
class Databases:
    """Both servers, and what the services' Secret holds."""

    parts: list[Part]
    secret: dict[str, str]

    @classmethod
    def start(cls, folder: Path) -> "Databases":
        """Start both with their data in `folder`."""
        password = secrets.token_hex(16)
        mongo = mongodb.start(folder / "mongodb", _MONGODB_PORT, folder / "logs" / "mongodb.log", host=NODE)
        uri = f"redis://:{password}@{NODE}:{_VALKEY_PORT}/0"
        own = {name: secrets.token_hex(24) for name in ("SECRET_KEY", "JWT_SECRET", "SERVICE_SECRET")}
        parts = [mongo, _start_valkey(folder, password)]
        return cls(parts, {"MONGODB_URI": mongo.uri, "REDIS_URL": uri, **own})

    def stop(self) -> None:
        """Stop both."""
        while self.parts:
            self.parts.pop().stop()

    def give_secret(self, node: Node, namespace: str) -> None:
        """Make the Secret that the charts expect in a new namespace."""
        node.kubectl("create", "namespace", namespace)
        literals = [f"--from-literal={name}={value}" for name, value in self.secret.items()]
        node.kubectl("-n", namespace, "create", "secret", "generic", "leadmesh", *literals)

    def empty(self) -> None:
        """Forget everything that was stored."""
        with MongoClient(self.secret["MONGODB_URI"]) as client:
            for name in client.list_database_names():
                if name.startswith("leadmesh_") or name in ("crm", "gateway"):
                    client.drop_database(name)
        redis.Redis.from_url(self.secret["REDIS_URL"]).flushall()

    def of(self, service: str) -> Any:
        """The database of a service, past all services."""
        return MongoClient(self.secret["MONGODB_URI"])[f"leadmesh_{service}"]

    def waiting(self, service: str) -> int:
        """How many messages wait in the queues of a service."""
        broker: Any = redis.Redis.from_url(self.secret["REDIS_URL"], socket_timeout=2.0)
        return sum(int(broker.llen(f"{service}.{kind}")) for kind in ("events", "outbox", "jobs"))


def _start_valkey(folder: Path, password: str) -> Part:
    (folder / "valkey").mkdir()
    log = folder / "logs" / "valkey.log"
    command = [str(valkey.binary()), "--port", str(_VALKEY_PORT), "--bind", NODE, "--dir", str(folder / "valkey")]
    command += ["--requirepass", password, "--appendonly", "yes", "--save", ""]
    return Part("valkey", "", _VALKEY_PORT, spawn(command, log), log)
