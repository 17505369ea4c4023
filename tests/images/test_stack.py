"""The platform of containers, seen working: all five services and their workers, as its users and its operators meet it."""

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.images.engine import ROOT, SERVICES, docker, image, inspect
from tests.images.stack import Stack, address, answers, eventually, seconds_to_ready
from tests.system import test_chain as chain
from tests.system.platform import lead_body

PROCESSES = (*SERVICES, *(f"{service}-worker" for service in SERVICES))
MONOLITH = ("monolith", "monolith-worker")


@pytest.fixture(scope="module")
def stack(
    images: list[str], stand_ins: list[str], figures: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    running, started = Stack(tmp_path_factory.mktemp("stack"), "services", stand_ins), time.monotonic()
    try:
        running.start()
        figures.append(f"five services, workers, gateway, MongoDB, Valkey healthy: {time.monotonic() - started:.0f} s")
        eventually(lambda: answers(f"{running.url}/health"))
        yield running
    finally:
        running.stop()


def seen_instances(client: httpx.Client, path: str = "/api/leads", tries: int = 30) -> set[str]:
    answered = [client.get(path) for _ in range(tries)]
    assert {answer.status_code for answer in answered} <= {200, 401}, {answer.status_code for answer in answered}
    return {answer.headers["x-leadmesh-instance"] for answer in answered}


def test_every_process_is_healthy_and_every_preparation_has_ended_well(stack: Stack) -> None:
    states = {state["Service"]: state for state in stack.states().values()}
    lasting = {name: state["Health"] for name, state in states.items() if state["State"] == "running"}
    assert lasting == dict.fromkeys((*PROCESSES, "gateway", "mongodb", "valkey"), "healthy")
    ended = {name: state["ExitCode"] for name, state in states.items() if state["State"] == "exited"}
    assert ended == dict.fromkeys((*(f"{s}-migrate" for s in SERVICES), "database", "gateway-config"), 0)


def test_from_registration_to_the_dashboard(stack: Stack) -> None:
    chain.test_from_registration_to_the_dashboard(stack)


def test_logging_out_ends_the_session_on_every_service(stack: Stack) -> None:
    chain.test_logging_out_ends_the_session_on_every_service(stack)


def test_every_service_answers_through_the_gateway_from_its_own_container(stack: Stack) -> None:
    paths = {"auth": "auth/me", "users": "users/me", "leads": "leads", "buyers": "buyers", "analytics": "dashboard"}
    for service, path in paths.items():
        (container,) = stack.containers(service)
        answer = stack.client().get(f"/api/{path}")
        assert answer.status_code == 401
        assert answer.headers["x-leadmesh-instance"] == container["Config"]["Hostname"]
    page = stack.client().get("/admin/leads/login/")
    assert page.status_code == 200
    assert stack.client().get("/static/unfold/css/styles.css").status_code == 200


def test_a_container_can_do_little(stack: Stack) -> None:
    for name in (*PROCESSES, "gateway", "mongodb", "valkey"):
        (container,) = stack.containers(name)
        host = container["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert host["SecurityOpt"] == ["no-new-privileges:true"], name
        assert host["Memory"] > 0 < host["NanoCpus"], name
        assert host["PidsLimit"] > 0, name
        assert container["Config"]["User"].split(":")[0] not in ("", "0", "root"), name
    refused = docker("exec", "leadmesh-test-leads-1", "sh", "-c", "touch /app/x /opt/venv/x || echo refused")
    assert refused == "refused"
    assert docker("exec", "leadmesh-test-leads-1", "sh", "-c", "touch /tmp/x && echo written") == "written"


def test_only_the_gateway_can_be_reached_and_on_loopback_only(stack: Stack) -> None:
    published = {
        name: bound
        for name in (*PROCESSES, "gateway", "mongodb", "valkey")
        if (bound := {k: v for k, v in stack.containers(name)[0]["HostConfig"]["PortBindings"].items() if v})
    }
    assert published == {"gateway": {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]}}


def test_databases_let_no_client_in_without_a_password(stack: Stack) -> None:
    from_gateway = "exec 3<>/dev/tcp/mongodb/27017"
    assert docker("exec", "leadmesh-test-gateway-1", "bash", "-c", f"({from_gateway}) 2>/dev/null || echo no") == "no"
    unknown = (
        "from pymongo import MongoClient as C; C('mongodb', directConnection=True).leadmesh_leads.leads.find_one()"
    )
    assert "requires authentication" in _fault(unknown)
    assert "already authenticated" in _fault("import redis; redis.Redis('valkey').ping()")
    ours = "import os; from pymongo import MongoClient as C; C(os.environ['MONGODB_URI'])"
    assert "not authorized" in _fault(f"{ours}.admin.command('createUser', 'x', pwd='y', roles=['root'])")


def _fault(code: str) -> str:
    wrapped = f"try:\n {code}\nexcept Exception as fault: print(fault)"
    return docker("exec", "leadmesh-test-leads-1", "python", "-c", wrapped)


def test_web_processes_and_workers_show_their_numbers(stack: Stack) -> None:
    for name in PROCESSES:
        (container,) = stack.containers(name)
        port = 9100 if name.endswith("-worker") else 8000
        assert "python_info" in httpx.get(f"{address(container, port)}/metrics").text, name
    (gateway,) = stack.containers("gateway")
    assert "envoy_cluster_upstream_rq" in httpx.get(f"{address(gateway, 9901)}/stats/prometheus").text


def test_prometheus_finds_every_instance(stack: Stack) -> None:
    stack.compose("up", "--no-build", "--no-recreate", "--wait", "prometheus")

    def found() -> dict[str, str]:
        targets = httpx.get(f"{stack.numbers}/api/v1/targets").json()["data"]["activeTargets"]
        return {target["labels"].get("service", target["labels"]["job"]): target["health"] for target in targets}

    eventually(lambda: found() == dict.fromkeys((*PROCESSES, "gateway"), "up"))


def test_every_line_of_the_dashboard_has_numbers(stack: Stack) -> None:
    dashboard = json.loads((ROOT / "docker" / "grafana" / "dashboards" / "leadmesh.json").read_text(encoding="utf-8"))
    asked = {t["expr"]: panel["title"] for panel in dashboard["panels"] for t in panel["targets"]}

    def empty() -> set[str]:
        chain.ok(stack.client().get("/health"))
        stack.client().get("/api/leads")
        answers = {expr: httpx.get(f"{stack.numbers}/api/v1/query", params={"query": expr}) for expr in asked}
        return {asked[expr] for expr, answer in answers.items() if not answer.json()["data"]["result"]}

    # Nothing failed yet in this stack.
    eventually(lambda: empty() <= {"Answers of 500 and above, share"}, 120, pause=2)


def test_prometheus_tells_which_service_is_away(stack: Stack, figures: list[str]) -> None:
    def told() -> list[tuple[str, str]]:
        alerts = httpx.get(f"{stack.numbers}/api/v1/alerts").json()["data"]["alerts"]
        firing = [alert["labels"] for alert in alerts if alert["state"] == "firing"]
        return [(labels["alertname"], labels["envoy_cluster_name"]) for labels in firing]

    assert told() == []
    stack.compose("stop", "analytics")
    stopped = time.monotonic()
    eventually(lambda: ("ServiceAway", "analytics") in told(), 180, pause=1)
    figures.append(f"a service without an instance: told after {time.monotonic() - stopped:.0f} s")
    stack.compose("start", "analytics")
    eventually(lambda: ("ServiceAway", "analytics") not in told(), 120, pause=1)
    stack.compose("stop", "prometheus")


def test_leads_grows_to_three_and_back_without_a_failed_request(stack: Stack) -> None:
    with stack.client() as client:
        stack.compose("up", "--no-build", "--no-recreate", "--wait", "--scale", "leads=3")
        names = {container["Config"]["Hostname"] for container in stack.containers("leads")}
        assert len(names) == 3
        eventually(lambda: seen_instances(client) == names)
        with writing(stack) as codes:
            stack.compose("up", "--no-build", "--no-recreate", "--wait", "--scale", "leads=1")
            (left,) = stack.containers("leads")
            eventually(lambda: seen_instances(client) == {left["Config"]["Hostname"]})
    assert set(codes) == {401}, codes


@contextmanager
def writing(stack: Stack) -> Iterator[Counter[int]]:
    """Send writes without a token, one after the other, and count the answers."""
    codes: Counter[int] = Counter()
    ended = threading.Event()

    def write() -> None:
        with stack.client() as client:
            while not ended.is_set():
                codes[client.post("/api/leads", json={}).status_code] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield codes
    finally:
        ended.set()
        thread.join()


def test_a_killed_process_comes_back_by_itself(stack: Stack) -> None:
    for name in ("buyers", "buyers-worker", "gateway"):
        (before,) = stack.containers(name)
        # What the engine does not know of, such as a crash: `docker kill` would count as a wish.
        os.kill(before["State"]["Pid"], signal.SIGKILL)
        eventually(lambda name=name: inspect(stack.containers(name)[0]["Id"])["RestartCount"] == 1)
        eventually(lambda name=name: stack.containers(name)[0]["State"]["Health"]["Status"] == "healthy")
    with stack.client() as client:
        eventually(lambda: client.get("/api/buyers").status_code == 401)
        assert client.get("/api/leads").status_code == 401


def test_one_service_stops_alone_and_the_others_go_on(stack: Stack) -> None:
    client = stack.client()
    stack.compose("stop", "analytics", "analytics-worker")
    eventually(lambda: client.get("/api/dashboard").status_code == 503)
    assert {client.get(path).status_code for path in ("/api/leads", "/api/buyers", "/api/users/me")} == {401}
    stack.compose("start", "analytics", "analytics-worker")
    eventually(lambda: client.get("/api/dashboard").status_code == 401)


def test_the_logs_hold_a_request_by_its_id(stack: Stack) -> None:
    mark = f"req_{time.time_ns()}"
    stack.client().get("/api/leads?token=secret", headers={"X-Request-ID": mark})

    def line_of(service: str) -> str | None:
        lines = stack.compose("logs", "--no-log-prefix", service).splitlines()
        return next((line for line in lines if mark in line), None)

    for service in ("leads", "gateway"):
        entry = json.loads(eventually(lambda service=service: line_of(service)))
        assert mark in entry.values()
        assert "secret" not in str(entry)


def test_start_times(stack: Stack, figures: list[str]) -> None:
    for service in SERVICES:
        figures.append(f"{service}: ready {seconds_to_ready(f'leadmesh-test-{service}-1'):.1f} s after its start")
        assert stack.containers(service)[0]["RestartCount"] == 0


def test_management_commands_run_in_a_container_of_their_own(stack: Stack) -> None:
    printed = stack.compose("run", "--rm", "--no-deps", "leads", "manage", "showmigrations", "--plan")
    assert "[X]  contenttypes.0001_initial" in printed
    assert "[ ]" not in printed


def test_the_monolith_takes_over_on_the_same_data_and_gives_back(stack: Stack) -> None:
    client, boss = chain.founded(stack)
    lead = chain.ok(client.post("/api/leads", json=lead_body(boss)))["leadId"]
    for profile, going, coming in (("monolith", PROCESSES, MONOLITH), ("services", MONOLITH, PROCESSES)):
        stack.compose("stop", *going)
        stack.compose("--profile", profile, "up", "--no-build", "--no-recreate", "--wait", *coming)
        eventually(lambda: client.get(f"/api/leads/{lead}").status_code == 200)
        (container,) = stack.containers(coming[0])
        answer = client.get("/api/auth/me")
        assert answer.status_code == 200
        assert answer.headers["x-leadmesh-instance"] == container["Config"]["Hostname"]


def test_everything_stops_when_asked(stack: Stack) -> None:
    """The last one: it stops the stack."""
    stack.compose("stop")
    ended = {name: (state["State"], state["ExitCode"]) for name, state in stack.states().items()}
    assert set(ended.values()) == {("exited", 0)}, ended


def test_an_image_without_its_secrets_does_not_start(images: list[str]) -> None:
    said = docker("run", "--rm", image("leads"), "manage", "check", check=False)
    assert said == ""
    code = docker("run", "--detach", image("leads"))
    try:
        assert docker("wait", code) != "0"
    finally:
        docker("rm", "--force", code)
