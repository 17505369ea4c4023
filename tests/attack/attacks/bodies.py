"""Bodies: large, endless, slow, packed, deep."""

import gzip
import itertools
import zlib
from typing import Any

from tests.attack.hostile import Scene, Sender, filler, in_threads

_TEN_MEGABYTES = 10 * 2**20
_FORM = "multipart/form-data; boundary=b"
_IMPORT = "/api/leads/import-export/import"
# Longer than an innocent request waits.
_SLOW_SECONDS = 15.0


def early_answers(scene: Scene) -> None:
    """Bodies over 64 KiB where the answer is known before they are read (401, 403, 404, 413): no one else's connection breaks."""
    onlooker = scene.token(scene.cast.onlooker)
    large, refused = b"x" * 300_000, b"[" + b"1," * 550_000 + b"1]"
    tries = itertools.cycle(
        [
            ("/api/leads", large, ""),
            ("/api/leads", large, onlooker),
            ("/api/leads/nobody/knows/this", large, onlooker),
            ("/api/buyers", refused, onlooker),
            ("/api/leads", b"x" * 900_000, "not.a.token"),
            ("/api/users", large, ""),
            ("/api/tenants", b"x" * 100_000, onlooker),
            (_IMPORT, large, ""),
        ]
    )

    def send(sender: Sender) -> None:
        path, body, token = next(tries)
        sender.send("POST", path, body, **({"Authorization": f"Bearer {token}"} if token else {}))

    scene.send_all(8, send)


def unfinished_60(scene: Scene) -> None:
    """Sixty bodies of 10 MiB without a token, the last byte never sent: the gateway keeps little of what nobody may send."""
    _unfinished(scene, 60)


def unfinished_300(scene: Scene) -> None:
    """Three hundred of them: the gateway refuses before its memory is full."""
    _unfinished(scene, 300)


def slow_bodies(scene: Scene) -> None:
    """A hundred bodies that come byte by byte, at login: nobody waits for them but who sends them."""
    scene.seconds = max(scene.seconds, _SLOW_SECONDS)
    scene.hold(100, _head("/api/auth/login", 5_000), (b" " for _ in range(1_000)), pause=0.2)


def slow_uploads(scene: Scene) -> None:
    """Forty files of 5 MB that come byte by byte, from somebody who may import: nobody waits for them but who sends them."""
    scene.seconds = max(scene.seconds, _SLOW_SECONDS)
    head = _head(_IMPORT, 5_000_000, kind=_FORM, token=scene.token(scene.cast.insider))
    first = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="leads.csv"\r\nContent-Type: text/csv\r\n\r\n'
    )
    scene.hold(40, head, itertools.chain([first + b"x" * 100_000], (b"x" for _ in range(1_000))), pause=0.2)


def slow_headers(scene: Scene) -> None:
    """Two hundred requests whose headers never end, letter by letter."""
    start = "GET /api/leads HTTP/1.1\nHost: x\n"
    scene.hold(200, start, (f"X-{number}: y\r\n".encode() for number in range(1_000)), pause=0.2)


def gzip_bombs(scene: Scene) -> None:
    """Packed bodies of some hundred kB that unpack to 300 MB and more: what is unpacked is bounded, not what is sent."""
    spaces, email = _packed(b"", b" ", b"{}"), _packed(b'{"email":"', b"a", b'"}')
    # Larger than any body may be; many archives in one; packed twice; cut short.
    bodies = itertools.cycle(
        [spaces, email, spaces * 6, gzip.compress(b"{}") * 30_000, gzip.compress(spaces), spaces[:-100]]
    )
    paths = itertools.cycle(["/api/auth/login", "/api/leads", "/api/auth/register"])

    def send(sender: Sender) -> None:
        path = next(paths)
        sender.send("POST", path, next(bodies), Content_Encoding="gzip")

    scene.send_all(4, send, scene.token(scene.cast.insider))


def _packed(start: bytes, letter: bytes, end: bytes, megabytes: int = 300) -> bytes:
    packer = zlib.compressobj(wbits=31)
    pieces = itertools.chain([start], itertools.repeat(letter * 2**20, megabytes), [end])
    return b"".join([*map(packer.compress, pieces), packer.flush()])


def strange_json(scene: Scene) -> None:
    """JSON that is deep, endless in one number, or made of equal names: a 400, and no time of anybody."""
    bodies = itertools.cycle(
        [
            b"[" * 500_000,
            b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
            b'{"email":' + b"9" * 900_000 + b"}",
            b'{"email":1e' + b"9" * 400_000 + b"}",
            b"{" + b",".join(b'"a%d":1' % number for number in range(80_000)) + b"}",
            b"{" + b'"a":1,' * 150_000 + b'"a":1}',
            b'{"tags":[' + b'"\\ud800",' * 90_000 + b'"x"]}',
            b'{"email":"\\u0000' + b"\\ud83d" * 100_000 + b'"}',
            b'"' + b"\\" * 800_001,
            b"\xef\xbb\xbf" * 300_000,
        ]
    )
    paths = itertools.cycle(["/api/leads", "/api/auth/login", "/api/buyers", "/api/users/me"])
    scene.send_all(4, lambda sender: sender.send("POST", next(paths), next(bodies)), scene.token(scene.cast.insider))


def long_values(scene: Scene) -> None:
    """Values of nearly a megabyte that almost fit a pattern, at every door without a token: measured before they are read."""
    million = 1_000_000
    values = [
        "a@" + "." * million + "@",
        "a@" + "a." * (million // 2) + "@",
        "a" * million,
        "@" * million,
        " " * million,
    ]
    bodies = itertools.cycle(_with(value) for value in values)
    paths = itertools.cycle(
        [
            "/api/auth/login",
            "/api/auth/register",
            "/api/auth/forgot-password",
            "/api/auth/reset-password",
            "/api/auth/refresh",
        ]
    )
    scene.send_all(4, lambda sender: sender.send("POST", next(paths), next(bodies)))


def _with(value: str) -> dict[str, Any]:
    return {"email": value, "password": "x"}


def _unfinished(scene: Scene, connections: int) -> None:
    paths = itertools.cycle(["/api/leads", _IMPORT])
    heads = [_head(next(paths), _TEN_MEGABYTES, kind=_FORM) for _ in range(2)]
    for_each = connections // len(heads)
    in_threads([lambda head=head: scene.hold(for_each, head, filler(_TEN_MEGABYTES - 1)) for head in heads])


def _head(path: str, length: int, *, kind: str = "application/json", token: str = "") -> str:
    own = f"Authorization: Bearer {token}\n" if token else ""
    return f"POST {path} HTTP/1.1\nHost: x\nContent-Type: {kind}\nContent-Length: {length}\n{own}\n"
