"""Who is there: two tenants whose people work all the while, a third one of the attackers', and an operator above all."""

import itertools
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bson import ObjectId

_INNOCENT_ROLES = ("admin", "manager", "user", "user", "acquisitions", "user", "manager", "user")
_ADMINISTRATORS, _KNOWN = 2, 24
# Where innocent requests come from.
INNOCENT = "127.1.0."


@dataclass(frozen=True)
class Person:
    """Somebody with a password. address: where on loopback their requests come from; each has their own."""

    email: str
    role: str
    tenant: str | None
    address: str = ""
    id: str = field(default_factory=lambda: str(ObjectId()))

    @property
    def loaded(self) -> dict[str, Any]:
        """The person as `load_users` and `load_credentials` read them."""
        names = {"firstName": self.email.partition("@")[0], "lastName": "Person"}
        return {"_id": self.id, "email": self.email, "roles": [self.role], "tenantId": self.tenant, **names}


class Cast:
    """All people of one run.

    workers: send innocent requests; administrators: sign in to the admins; known: have an account and do nothing;
    insider, onlooker: a manager and a viewer of the attackers' own tenant; operator: who an attacker would like to be."""

    def __init__(self) -> None:
        self.password = f"{secrets.token_hex(10)}!Aa1"
        tenants = [str(ObjectId()) for _ in range(3)]
        addresses = (f"{INNOCENT}{number}" for number in itertools.count(1))
        self.workers = [
            Person(f"worker{number}.{place}@innocent.test", role, tenant, next(addresses))
            for place, tenant in enumerate(tenants[:2])
            for number, role in enumerate(_INNOCENT_ROLES)
        ]
        self.administrators = [
            Person(f"office{number}@innocent.test", "admin", tenants[number % 2], next(addresses))
            for number in range(_ADMINISTRATORS)
        ]
        self.known = [Person(f"known{number}@innocent.test", "user", tenants[0]) for number in range(_KNOWN)]
        self.insider = Person("insider@hostile.test", "manager", tenants[2])
        self.onlooker = Person("onlooker@hostile.test", "viewer", tenants[2])
        self.operator = Person("operator@platform.test", "SUPER_ADMIN", None)
        self._tenants = tenants

    @property
    def everybody(self) -> Iterator[Person]:
        """Every person."""
        yield from (*self.workers, *self.administrators, *self.known, self.insider, self.onlooker, self.operator)

    def write(self, path: Path) -> None:
        """Write the file that `load_users` and `load_credentials` read."""
        owners = [self.workers[0].id, self.workers[len(_INNOCENT_ROLES)].id, self.insider.id]
        tenants = [
            {
                "_id": key,
                "tenantId": f"40000000-0000-4000-8000-{key[-12:]}",
                "name": f"Tenant {number}",
                "subdomain": f"attacked{number}",
                "plan": "professional",
                "status": "active",
                "ownerId": owner,
            }
            for number, (key, owner) in enumerate(zip(self._tenants, owners, strict=True))
        ]
        people = [person.loaded for person in self.everybody]
        path.write_text(json.dumps({"password": self.password, "tenants": tenants, "people": people}))
