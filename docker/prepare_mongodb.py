"""Makes a new MongoDB a replica set of one member with an administrator and our user. Runs beside it (the same network
namespace): as long as it has no user, MongoDB lets only this machine create the first one. Can be repeated."""

import os
import sys
import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from platform_services import SERVICES

_SECONDS = 60.0
_UNAUTHORIZED, _ALREADY_INITIALIZED, _ALREADY_EXISTS = 13, 23, 51003

Client = MongoClient[dict[str, Any]]


def main() -> int:
    """Prepare the server, which may still be starting, and return the exit code."""
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            prepare(os.environ["MONGODB_ADMIN_PASSWORD"], os.environ["MONGODB_PASSWORD"])
        except PyMongoError as error:
            if time.monotonic() > deadline:
                sys.stderr.write(f"MongoDB could not be prepared: {str(error)[:300]}\n")
                return 1
            time.sleep(0.5)
        else:
            return 0


def prepare(admin_password: str, password: str) -> None:
    """Do what is missing. Raises PyMongoError while the server is not there or not yet primary."""
    with _client() as client:
        members = [{"_id": 0, "host": "mongodb:27017"}]
        _unless_done(client, "replSetInitiate", {"_id": "rs0", "members": members})
        if not client.admin.command("hello")["isWritablePrimary"]:
            raise PyMongoError("no primary yet")
        _unless_done(client, "createUser", "admin", pwd=admin_password, roles=["root"])
    with _client(username="admin", password=admin_password) as client:
        known = client.admin.command("usersInfo", "leadmesh")["users"]
        client.admin.command("updateUser" if known else "createUser", "leadmesh", pwd=password, roles=_roles())


def _client(**options: Any) -> Client:
    return MongoClient("127.0.0.1", 27017, directConnection=True, serverSelectionTimeoutMS=2000, **options)


def _unless_done(client: Client, command: str, value: Any, **options: Any) -> None:
    """Run what only a new server lets a stranger do."""
    try:
        client.admin.command(command, value, **options)
    except OperationFailure as error:
        if error.code not in (_UNAUTHORIZED, _ALREADY_INITIALIZED, _ALREADY_EXISTS):
            raise


def _roles() -> list[dict[str, str]]:
    """Documents and indexes of our databases, nothing of the server's."""
    databases = [*(f"leadmesh_{service}" for service in SERVICES), "gateway"]
    databases += filter(None, [os.environ.get("MONGODB_NAME")])
    return [{"role": role, "db": name} for name in databases for role in ("readWrite", "dbAdmin")]


if __name__ == "__main__":
    sys.exit(main())
