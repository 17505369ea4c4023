"""Recorded exchanges of the old system: reading them, building their requests, comparing answers."""

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jwt
from bson import json_util

from gateway.shadow.explanations import Asked, Deviation

FOLDER = Path(__file__).parent / "recorded"

Exchange = dict[str, Any]

_TOKEN = re.compile(r"<jwt:(\w+)>")
_ANY = {
    "<iso-datetime>": lambda value: isinstance(value, str) and bool(re.match(r"^\d{4}-\d\d-\d\dT[\d:.]+Z$", value)),
    "<number>": lambda value: isinstance(value, int | float),
    "<ms>": lambda value: isinstance(value, int | float),
    "<jwt>": lambda value: isinstance(value, str) and value.count(".") == 2,
}
_REFERENCE = re.compile(r"<(?:oid|uuid|opid)#\d+>")
_UNKNOWN = "f" * 24
_BOUNDARY = "recorded-form"


def seed(folder: Path = FOLDER) -> dict[str, list[dict[str, Any]]]:
    """Return the seed: documents by collection, with their BSON types."""
    loaded: dict[str, list[dict[str, Any]]] = json_util.loads((folder / "seed.json").read_text(encoding="utf-8"))
    return loaded


def groups_of(file: Path) -> Iterator[tuple[str, list[Exchange]]]:
    """Yield the groups of a file, each in its order. What was recorded both as shipped and repaired counts as repaired
    (the recordings' README): a group of a `pristine` file is left out when the `repaired` one has it as well."""
    better = file.with_name(file.name.replace("pristine.", "repaired.", 1))
    known = {name for name, _ in _grouped(better)} if better != file and better.exists() else set()
    yield from ((name, group) for name, group in _grouped(file) if name not in known)


def _grouped(file: Path) -> Iterator[tuple[str, list[Exchange]]]:
    exchanges = json.loads(file.read_text(encoding="utf-8"))
    by_group: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        by_group[exchange["group"]].append(exchange)
    for name, members in by_group.items():
        yield name, sorted(members, key=lambda exchange: exchange["seq"])


def filled(text: str, known: dict[str, str]) -> str:
    """Return a path or body with the group's ids in place of its placeholders. One that no answer had (the request that would
    have made it was refused) becomes the id of nothing."""
    return _REFERENCE.sub(lambda found: str(known.get(found.group(), _UNKNOWN)), text)


def content_of(request: Exchange, known: dict[str, str]) -> tuple[bytes, str]:
    """Return the body of a recorded request as it goes over the wire, and its content type."""
    body, kind = request["body"], request["headers"].get("content-type", "application/json")
    if body is None or isinstance(body, str):
        return (body or "").encode(), kind
    if "_multipart" not in body:
        return filled(json.dumps(body), known).encode(), kind
    lines = []
    for name, value in body["_multipart"].items():
        file = value if isinstance(value, dict) else {"content": value}
        named = f'; filename="{file["filename"]}"' if "filename" in file else ""
        typed = f"\r\nContent-Type: {file['content_type']}" if "content_type" in file else ""
        head = f'Content-Disposition: form-data; name="{name}"{named}{typed}'
        lines.append(f"--{_BOUNDARY}\r\n{head}\r\n\r\n{file['content']}\r\n")
    return f"{''.join(lines)}--{_BOUNDARY}--\r\n".encode(), f"multipart/form-data; boundary={_BOUNDARY}"


class Actors:
    """Tokens of the recorded callers, signed with `secret`."""

    def __init__(self, secret: str, folder: Path = FOLDER) -> None:
        self.secret = secret
        self.claims = json.loads((folder / "actors.json").read_text(encoding="utf-8"))["claims"]

    def token(self, name: str) -> str:
        """Return the token of an actor, or of one of the special names that actors.json explains."""
        if name == "garbage":
            return "abc.def.ghi"
        moment = int(time.time())
        lifetime = -3600 if name == "expired" else 86_400
        claims = {**self.claims.get(name, self.claims["admin"]), "iat": moment, "exp": moment + lifetime}
        secret = "another secret, long enough for HS256" if name == "badsig" else self.secret
        return jwt.encode(claims, secret, algorithm="HS256")

    def filled(self, text: str) -> str:
        """Return a header value with its tokens in place."""
        filled = _TOKEN.sub(lambda found: self.token(found.group(1)), text)
        return filled.replace("<jwt>", self.token("admin"))


def asked_of(request: dict[str, Any]) -> Asked:
    """Return a recorded request as the rules see it: its caller is an actor."""
    caller = request["headers"].get("authorization", "").removeprefix("Bearer <jwt:").removesuffix(">")
    _, _, query = request["path"].partition("?")
    sent = f"{query} {json.dumps(request['body'])}"
    return Asked(request["method"], request["path"], request["headers"], sent, frozenset({caller}))


def differences(expected: Any, actual: Any, known: dict[str, str], path: str = "") -> Iterable[Deviation]:
    """Yield where `actual` differs from the recorded `expected`; `known` maps the group's placeholders to values."""
    if isinstance(expected, str) and expected in _ANY:
        if not _ANY[expected](actual):
            yield Deviation(path, expected, actual)
    elif isinstance(expected, str) and _REFERENCE.fullmatch(expected):
        if actual is ... or known.setdefault(expected, actual) != actual:
            yield Deviation(path, known.get(expected, expected), actual)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for name in sorted(expected.keys() | actual.keys()):
            yield from differences(expected.get(name, ...), actual.get(name, ...), known, f"{path}.{name}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, known, f"{path}[{index}]")
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield Deviation(path, expected, actual)
