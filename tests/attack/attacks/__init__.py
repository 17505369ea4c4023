"""All attacks by name, in the order in which they run. Each gets a Scene and says in its first line which rule it tries."""

from collections.abc import Callable

from tests.attack.attacks import bodies, floods, importing, requests, signing, takeover
from tests.attack.hostile import Scene

Attack = Callable[[Scene], None]


def nobody(scene: Scene) -> None:
    """Nothing at all: how the innocent fare on this machine, for comparison."""
    import time

    time.sleep(scene.seconds)


ATTACKS: dict[str, Attack] = {
    "nobody": nobody,
    "early-answers": bodies.early_answers,
    "unfinished-60": bodies.unfinished_60,
    "unfinished-300": bodies.unfinished_300,
    "slow-bodies": bodies.slow_bodies,
    "slow-uploads": bodies.slow_uploads,
    "slow-headers": bodies.slow_headers,
    "gzip-bombs": bodies.gzip_bombs,
    "strange-json": bodies.strange_json,
    "long-values": bodies.long_values,
    "headers": requests.headers,
    "queries": requests.queries,
    "paths": requests.paths,
    "flood-one": floods.one_address,
    "flood-many": floods.many_addresses,
    "passwords": signing.passwords,
    "admin-passwords": signing.admin_passwords,
    "registrations": signing.registrations,
    "forgotten": signing.forgotten,
    "take-over": takeover.take_over,
    "cells": importing.cells,
    "far-cell": importing.far_cell,
    "bombs": importing.bombs,
    "wide": importing.wide,
    "quotes": importing.quotes,
    "rows": importing.rows,
}
