"""Whether MongoDB keeps documents as they were before and after each change, as the judge of writes needs them.

Each write of these collections then stores two documents more, for a short time: switch it off when nothing is compared."""

import logging
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from gateway.shadow.stored import rules

log = logging.getLogger("gateway.shadow")

# An exchange is judged some seconds after its answer.
KEPT_SECONDS = 120


def keep(database: Database[Any], *, wanted: bool = True) -> list[str]:
    """Switch images on or off for the collections of stored.toml that are there, and return those that were switched. Raises
    pymongo.errors.PyMongoError."""
    options = {one["name"]: one.get("options", {}) for one in database.list_collections(filter={"type": "collection"})}
    switched = []
    for name in sorted(rules().keys() & options.keys()):
        if bool(options[name].get("changeStreamPreAndPostImages", {}).get("enabled")) != wanted:
            database.command("collMod", name, changeStreamPreAndPostImages={"enabled": wanted})
            switched.append(name)
    if wanted and switched:
        _bound(database)
    return switched


def _bound(database: Database[Any]) -> None:
    """Let old images go. It is a setting of the whole cluster: who may not change it is told so."""
    wanted = {"changeStreamOptions": {"preAndPostImages": {"expireAfterSeconds": KEPT_SECONDS}}}
    try:
        database.client.admin.command({"setClusterParameter": wanted})
    except OperationFailure as error:
        log.warning("images stay as long as the oplog; set changeStreamOptions by hand: %s", error)
