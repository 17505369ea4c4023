"""Bodies as clients of Express send them: compressed, marked, in other forms of Unicode; and those that nobody should take."""

import functools
import gzip
import json
import resource
import zlib
from typing import Any

import pytest

from tests.conftest import Api, Caller

LOGIN = json.dumps({"email": "nobody@x.test", "password": "Wrong-1-password"}).encode()
BOSS = Caller()
# Without its time, so that every worker names the tests alike.
packed = functools.partial(gzip.compress, mtime=0)


def sent(api: Api, body: bytes, encoding: str = "", content_type: str = "application/json") -> Any:
    headers = {"HTTP_CONTENT_ENCODING": encoding} if encoding else {}
    return api.post("/api/auth/login", body, content_type=content_type, **headers)


@pytest.mark.parametrize(
    ("body", "encoding", "content_type"),
    [
        (packed(LOGIN), "gzip", "application/json"),
        (packed(LOGIN), "GZIP", "application/json"),
        (zlib.compress(LOGIN), "deflate", "application/json"),
        (LOGIN, "identity", "application/json"),
        (b"\xef\xbb\xbf" + LOGIN, "", "application/json"),
        (LOGIN.decode().encode("utf-16"), "", "application/json; charset=utf-16"),
        (LOGIN.decode().encode("utf-16-le"), "", "application/json; charset=UTF-16LE"),
        (LOGIN.decode().encode("utf-16-be"), "", 'application/json; charset="utf-16be"'),
        (LOGIN.decode().encode("utf-32"), "", "application/json;charset=utf-32"),
        (packed("\ufeff".encode() + LOGIN), "gzip", "application/json"),
        (b"email=nobody%40x.test&password=Wrong-1-password", "", "application/x-www-form-urlencoded"),
        (packed(b"email=nobody%40x.test&password=x"), "gzip", "application/x-www-form-urlencoded"),
    ],
)
def test_what_the_old_parser_read_is_read(api: Api, body: bytes, encoding: str, content_type: str) -> None:
    answer = sent(api, body, encoding, content_type)
    assert (answer.status_code, answer.json()["message"]) == (401, "Invalid credentials")


@pytest.mark.parametrize(
    ("body", "encoding", "content_type", "status", "message"),
    [
        (LOGIN, "br", "application/json", 415, 'unsupported content encoding "br"'),
        (LOGIN, "gzip, gzip", "application/json", 415, 'unsupported content encoding "gzip, gzip"'),
        (LOGIN, "", "application/json; charset=latin1", 415, 'unsupported charset "LATIN1"'),
        (LOGIN, "", "application/json; charset=nonsense", 415, 'unsupported charset "NONSENSE"'),
        (b"a=1", "", "application/x-www-form-urlencoded; charset=utf-16", 415, 'unsupported charset "UTF-16"'),
        (LOGIN, "gzip", "application/json", 400, "incorrect header check"),
        (LOGIN, "deflate", "application/json", 400, "incorrect header check"),
        (packed(LOGIN)[:-9], "gzip", "application/json", 400, "unexpected end of file"),
        (b"", "gzip", "application/json", 400, None),
        (packed(LOGIN) + b"more", "gzip", "application/json", 400, "unexpected data after the end of the body"),
        (packed(b"{") + packed(b"}"), "gzip", "application/json", 400, None),
        (b"\xff\xfe", "", "application/json", 400, "Body is not valid UTF-8"),
        (b"\x00", "", "application/json; charset=utf-16", 400, "Body is not valid UTF-16"),
    ],
)
def test_what_cannot_be_read_is_told(
    api: Api, body: bytes, encoding: str, content_type: str, status: int, message: str | None
) -> None:
    answer = sent(api, body, encoding, content_type)
    assert answer.status_code == answer.json()["statusCode"] == status
    assert message in (None, answer.json()["message"])


def test_a_bomb_is_refused_before_it_is_unpacked(api: Api) -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    bomb = b"".join([packing.compress(b" " * 2**20) for _ in range(300)]) + packing.flush()
    assert len(bomb) < 400_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sent(api, bomb, "gzip").status_code == 413
    form = sent(api, bomb, "gzip", "application/x-www-form-urlencoded")
    assert (form.status_code, form.json()["message"]) == (413, "request entity too large")
    upload = api.post(
        "/api/leads/import-export/validate",
        bomb,
        as_=BOSS,
        content_type="multipart/form-data; boundary=x",
        HTTP_CONTENT_ENCODING="gzip",
    )
    assert upload.status_code in (400, 413)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000


def test_a_body_that_no_route_takes_is_refused_unread(api: Api) -> None:
    answer = api.post("/api/leads/import-export/validate", b"x", as_=BOSS, CONTENT_LENGTH=str(2**30))
    assert answer.status_code == 413
