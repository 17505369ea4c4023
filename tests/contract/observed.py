"""What the tests saw of the contract: every answer that any test gets is checked against its schema and counted.

A pytest plugin. `Api` hands each answer to `observe`; a wrong one fails the test that got it. After a run of all tests the
status page (docs/contract-status.md) must be what was seen; `make contract-status` writes it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.declared import Operation, faults, operation_of, operations

PAGE = Path(__file__).resolve().parents[2] / "docs" / "contract-status.md"
# Services that answer their whole core contract: an operation that is not green fails the run.
COMPLETE = ("auth", "users", "leads")

Seen = set[tuple[str, int]]
_seen: Seen = set()


def observe(method: str, path: str, answer: Any) -> None:
    """Check an answer against the contract and remember it. Raises AssertionError for one that the contract forbids."""
    operation = operation_of(method, path.partition("?")[0])
    if operation is None or _is_absent(answer):
        return
    wrong = [] if _is_file(operation, answer) else faults(operation, answer.status_code, _body(answer))
    assert not wrong, f"{operation.name} answers {answer.status_code}, not as in contract/{operation.service}.yaml: {wrong}"
    undeclared = answer.status_code < 400 and answer.status_code not in operation.answers
    assert not undeclared, f"{operation.name} answers {answer.status_code}, which its contract does not declare"
    _seen.add((operation.name, answer.status_code))


def _is_file(operation: Operation, answer: Any) -> bool:
    """Whether the answer has one of the other media types that the contract declares for its status."""
    media = answer.headers.get("content-type", "").partition(";")[0]
    return media in operation.files.get(answer.status_code, ())


def _body(answer: Any) -> Any:
    if "json" not in answer.headers.get("content-type", ""):
        return None
    if not answer.streaming:
        return answer.json() if answer.content else None
    # Read here, and given back for the test.
    content = b"".join(answer.streaming_content)
    answer.streaming_content = [content]
    return json.loads(content)


def _is_absent(answer: Any) -> bool:
    return answer.status_code == 404 and b'"Cannot ' in answer.content


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare `--contract-status`: write the page instead of comparing it."""
    parser.addoption("--contract-status", action="store_true", help="write docs/contract-status.md from what all tests see")


def pytest_testnodedown(node: Any, error: Any) -> None:
    """Take over what an xdist worker saw."""
    _seen.update((name, status) for name, status in node.workeroutput.get("contract", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand over (worker), or write or compare the page (controller, after a run of all tests)."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["contract"] = sorted(_seen)
        return
    if config.option.contract_status:
        PAGE.write_text(page(_seen), encoding="utf-8")
    elif _ran_everything(config) and exitstatus == 0:
        problems = _problems()
        for problem in problems:
            config.pluginmanager.get_plugin("terminalreporter").write_line(problem, red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED if problems else exitstatus


def _ran_everything(config: pytest.Config) -> bool:
    return config.args in (["tests"], [str(PAGE.parents[1] / "tests")]) and not config.option.keyword


def _problems() -> list[str]:
    red = [
        f"contract: {operation.name} ({operation.service}) is not green: {_missing(operation, _seen)}"
        for operation in operations()
        if operation.tier == "core" and operation.service in COMPLETE and not is_green(operation, _seen)
    ]
    stale = [] if PAGE.read_text(encoding="utf-8") == page(_seen) else ["docs/contract-status.md is stale: make contract-status"]
    return red + stale


def is_green(operation: Operation, seen: Seen) -> bool:
    """Whether every declared answer was seen."""
    return not _missing(operation, seen)


def _missing(operation: Operation, seen: Seen) -> list[int]:
    # A declared server error is a record of the old system's defect, never something to answer.
    wanted = [status for status in operation.answers if status < 500]
    return [status for status in wanted if (operation.name, status) not in seen]


def page(seen: Seen) -> str:
    """Return the status page: a line per operation with the declared answers that tests saw."""
    lines = [
        "# Contract status",
        "",
        "Written by `make contract-status` from what the tests see: each answer is checked against its schema in `contract/`.",
        "Green: a test received every declared answer. Dropped operations (`contract/scope.csv`) are not listed.",
    ]
    for service in dict.fromkeys(operation.service for operation in operations()):
        own = [one for one in operations() if one.service == service and one.tier != "dropped"]
        core = [one for one in own if one.tier == "core"]
        green = sum(is_green(one, seen) for one in core)
        lines += ["", f"## {service}: {green} of {len(core)} core operations green", ""]
        lines += ["| operation | tier | state | seen | not seen |", "| --- | --- | --- | --- | --- |"]
        lines += [_line(one, seen) for one in own]
    return "\n".join(lines) + "\n"


def _line(operation: Operation, seen: Seen) -> str:
    missing = _missing(operation, seen)
    met = [status for status in operation.answers if (operation.name, status) in seen]
    state = "green" if not missing else "partly" if met else "absent"
    numbers = (" ".join(map(str, sorted(group))) for group in (met, missing))
    return f"| {operation.name} | {operation.tier} | {state} | {' | '.join(numbers)} |"
