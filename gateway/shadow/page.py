"""The comparison for people and for Prometheus: a page that can only be read, and from this machine only, and the metrics."""

import threading
from collections.abc import Callable, Iterable
from html import escape
from ipaddress import ip_address
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from pymongo.errors import PyMongoError

from gateway.shadow.passport import Passport, passport_of
from gateway.shadow.results import Results
from gateway.states import State
from gateway.store import Store
from gateway.table import groups, load

_HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("X-Content-Type-Options", "nosniff"),
]
_STYLE = """body{font:16px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:64rem;padding:0 1rem;color-scheme:light dark}
section{border-top:1px solid #8886;padding:.5rem 0}h2{margin:.5rem 0;font-size:1.1rem}dl{display:grid;grid-template-columns:
minmax(8rem,max-content) 1fr;gap:.1rem 1rem;margin:0}dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}
.bad{color:#c22;font-weight:600}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}td,th{text-align:left;padding:.2rem .8rem .2rem 0;
vertical-align:top}code{overflow-wrap:anywhere}"""

Start = Callable[[str, list[tuple[str, str]]], Any]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *words: object) -> None:
        """Nothing: the page is looked at all day."""


def serve(port: int, store: Store, registry: CollectorRegistry, host: str = "127.0.0.1") -> WSGIServer:
    """Serve `/` and `/metrics` at `host`, in threads; return the server. `/` has no login, so it is there for callers of this
    machine, or of this pod, only. Raises OSError."""
    metrics = make_wsgi_app(registry)

    def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics":
            return list(metrics(environ, start))
        seen = ip_address(environ["REMOTE_ADDR"]).is_loopback and environ["PATH_INFO"] == "/"
        if not seen or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            start("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Not found\n"]
        try:
            content = rendered(store).encode()
        except PyMongoError:
            start("503 Service Unavailable", [("Content-Type", "text/plain")])
            return [b"MongoDB is out of reach; the comparison goes on and counts later.\n"]
        start("200 OK", _HEADERS)
        return [content]

    server = make_server(host, port, application, _Server, _Quiet)
    threading.Thread(target=server.serve_forever, name="page", daemon=True).start()
    return server


def rendered(store: Store) -> str:
    """Return the page. Raises PyMongoError."""
    results, (version, states) = Results(store.database), store.current()
    parts = [_section(group, states.get(group, State()), results) for group in groups(load())]
    shown = "".join(part for part in parts if part) or "<p>Nothing has been compared yet.</p>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="refresh" content="10"><title>Leadmesh: shadow comparison</title><style>{_STYLE}</style>'
        f"<h1>Shadow comparison</h1><p>States of version {version}; counted by all gateways.</p>{shown}</html>"
    )


def _section(group: str, state: State, results: Results) -> str:
    passport = passport_of(group, results)
    if passport is None:
        return ""
    wrong = ' class="bad"' if passport.different else ""
    facts = [
        ("goes to", escape(str(state))),
        (
            "compared",
            f"{passport.compared} since {passport.since:%Y-%m-%d %H:%M}, last {passport.until:%Y-%m-%d %H:%M} UTC",
        ),
        ("unexplained", f"<span{wrong}>{passport.different}</span>"),
        ("shapes", f"{passport.shapes}; {passport.seen} of {passport.known} declared answers ({passport.covered}%)"),
        ("not judged", escape(_listed(passport.unjudged)) or "0"),
        ("left out", escape(_listed(passport.dropped)) or "0"),
        ("versions", f"old system {escape(passport.legacy)}, service {escape(passport.service)}"),
    ]
    told = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return f"<section><h2>{escape(group)}</h2><dl>{told}</dl>{_examples(passport, results)}</section>"


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason}: {count}" for reason, count in sorted(counts.items()))


def _examples(passport: Passport, results: Results) -> str:
    run = results.runs(passport.group)[0]
    names = ("count", "operation", "where", "kind", "old", "new", "request")
    rows = [[str(one.get(name, "")) for name in names] for one in results.examples(run, 20)]
    if not rows:
        return ""
    body = "".join("<tr>" + "".join(f"<td><code>{escape(cell)}</code></td>" for cell in row) + "</tr>" for row in rows)
    head = "".join(f"<th>{name}</th>" for name in names)
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
