"""Everything before the body: headers, queries, paths."""

import itertools
import socket

from tests.attack.hostile import Scene, Sender

_UNWANTED = ("/internal/users/export/tenants", "/metrics", "/health/live", "/stats/prometheus", "/quitquitquit")


def headers(scene: Scene) -> None:
    """Headers of 16 KiB and more, hundreds of them, odd request ids, and those that proxies trust: refused or not listened to."""
    junk = itertools.cycle(
        [
            {"X_Long": "x" * 15_000},
            {"X_Long": "x" * 17_000},
            {"Cookie": "a=b; " * 3_000},
            {f"X_{number}": "y" for number in range(90)},
            {f"X_{number}": "y" * 100 for number in range(150)},
            {"X_Request_ID": "x" * 4_000},
            {"X_Request_ID": '{"$ne": null}'},
            {"X_Request_ID": "a b\tc"},
            {"X_Request_ID": "../../etc/passwd"},
            {"Authorization": "Bearer " + "a." * 7_000},
            {"Authorization": "Bearer " + "A" * 15_000},
            {"Accept": ",".join(["text/html;q=0.1"] * 700)},
            {"Accept_Language": "a-" * 7_000},
            {"X_Forwarded_For": "127.1.0.1, " * 500, "X_Tenant_ID": "x" * 5_000},
            {"X_Envoy_Retry_On": "5xx", "X_Envoy_Max_Retries": "1000000", "X_Envoy_Upstream_Rq_Timeout_Ms": "1"},
            {"Host": "x" * 3_000},
            {"Range": "bytes=" + ",".join(["0-1"] * 2_000)},
            {"If_Match": '"' * 5_000},
            {"Traceparent": "00-" + "0" * 9_000},
            {"Expect": "100-continue"},
            {"Content_Type": "multipart/form-data; boundary=" + "-" * 10_000},
            {"Content_Type": "application/json; charset=" + "utf-" * 2_000},
        ]
    )
    methods = itertools.cycle(["GET", "POST", "PUT"])
    scene.send_all(
        4, lambda sender: sender.send(next(methods), "/api/leads", **next(junk)), scene.token(scene.cast.insider)
    )
    for line in (
        b"GET /api/leads HTTP/9.9\r\n\r\n",
        b"\x00\xff\r\n\r\n",
        b"GET / HTTP/1.1\r\nA_b: c\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\n",
    ):
        _send_raw(scene, line)


def queries(scene: Scene) -> None:
    """Thousands of query members, hostile values and operators: a 400 or what they ask for, never an error of ours."""
    asked = itertools.cycle(
        [
            "&".join(f"a{number}=1" for number in range(1_500)),
            "&".join(["tags[]=x"] * 1_400),
            "limit=" + "9" * 5_000,
            "search=" + "%28" * 2_000,
            "search=" + "a" * 10_000,
            "search=a%40" + "." * 9_000 + "%40",
            "status[$ne]=x&filters[$where]=sleep(9)",
            "page=1e9&limit=1e9",
            "page=99999999999&limit=100",
            "dateFrom=" + "2" * 4_000,
            "search=%00%ff%fe&status=%00",
            "sortBy=" + "$" * 500,
            "%5B" * 3_000,
        ]
    )
    paths = itertools.cycle(
        [
            "/api/leads",
            "/api/leads/import-export/export",
            "/api/users",
            "/api/buyers",
            "/api/dashboard",
            "/api/leads/queue",
        ]
    )
    scene.send_all(
        4, lambda sender: sender.send("GET", f"{next(paths)}?{next(asked)}"), scene.token(scene.cast.insider)
    )


def paths(scene: Scene) -> None:
    """Ways around the gateway to internal routes and metrics: there is none."""
    disguises = [
        "{}",
        "/{}",
        "/api/auth/../..{}",
        "/api/leads/%2e%2e/%2e%2e{}",
        "/api/auth/..%2f..{}",
        "/API/auth/..\\..{}",
        "/api/auth;{}",
        "/static/..{}",
    ]
    tries = itertools.cycle([disguise.format(path) for path in _UNWANTED for disguise in disguises])

    def send(sender: Sender) -> None:
        path = next(tries)
        if sender.send("GET", path).status == 200:
            scene.broken.append(f"{path} was answered")

    scene.send_all(4, send, scene.token(scene.cast.insider))


def _send_raw(scene: Scene, content: bytes) -> None:
    try:
        with socket.create_connection(("127.0.0.1", scene.platform.port), 5, (scene.address(), 0)) as connection:
            connection.sendall(content)
            scene.count(int(connection.recv(100).split()[1]))
    except (OSError, ValueError, IndexError):
        scene.count("closed")
