"""What can go wrong with the old system on command: faults of the whole answer, and differences in a correct one."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

Body = Any


@dataclass(frozen=True)
class Answer:
    """An answer before it is written."""

    status: int
    body: Body
    headers: dict[str, str]
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Faults:
    """Switched on for paths that start with `path`, for `share` of their requests. slow: seconds before the answer; status:
    answered instead; hang: no answer ever; wrong: a body that is not JSON; differences: names of DIFFERENCES."""

    path: str = "/api"
    share: float = 1.0
    slow: float = 0.0
    status: int = 0
    hang: bool = False
    wrong: bool = False
    differences: tuple[str, ...] = ()

    def hit(self, path: str) -> bool:
        """Whether a request for `path` meets them."""
        return path.startswith(self.path) and random.random() < self.share


class Switch:
    """The faults in force; threads read it, the control route writes it."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.stopping = threading.Event()

    def set(self, wanted: Any) -> dict[str, Any]:
        """Put the faults of a JSON object in force, none for an empty one, and return them. Raises ValueError."""
        known = {one.name: one for one in fields(Faults)}
        if not isinstance(wanted, dict) or wanted.keys() - known:
            raise ValueError(f"Faults are an object of {', '.join(known)}.")
        unknown = set(wanted.get("differences", ())) - DIFFERENCES.keys()
        if unknown:
            raise ValueError(f"There is no difference {min(unknown)!r}: choose among {', '.join(DIFFERENCES)}.")
        self.faults = Faults(**{**wanted, "differences": tuple(wanted.get("differences", ()))})
        return asdict(self.faults)

    def before(self, path: str) -> Faults | None:
        """Wait, hang, or nothing; return the faults that this request meets."""
        faults = self.faults
        if not faults.hit(path):
            return None
        if faults.hang:
            self.stopping.wait()
        time.sleep(faults.slow)
        return faults


def disturbed(answer: Answer, faults: Faults | None) -> Answer:
    """Return the answer as the faults make it."""
    if faults is None:
        return answer
    if faults.status:
        told = {"statusCode": faults.status, "message": "A fault that was asked for"}
        return replace(answer, status=faults.status, body=told)
    if faults.wrong:
        return replace(answer, body="<html>It works!</html>", headers={**answer.headers, "Content-Type": "text/html"})
    for name in faults.differences:
        answer = DIFFERENCES[name](answer)
    return answer


def _in_bodies(change: Callable[[dict[str, Any]], None]) -> Callable[[Answer], Answer]:
    """Return a difference that changes each record of the answer, wherever it is."""

    def apply(answer: Answer) -> Answer:
        for record in _records(answer.body):
            change(record)
        return answer

    return apply


def _records(body: Body) -> list[dict[str, Any]]:
    if isinstance(body, list):
        return [one for one in body if isinstance(one, dict)]
    if not isinstance(body, dict):
        return []
    if "total" not in body and "pagination" not in body:
        return [body]
    return next((value for value in body.values() if isinstance(value, list)), [])


def _total(answer: Answer) -> Answer:
    if isinstance(answer.body, dict) and "total" in answer.body:
        answer.body["total"] += 1
    return answer


def _order(answer: Answer) -> Answer:
    records = _records(answer.body)
    records.reverse()
    return answer


def _message(answer: Answer) -> Answer:
    if answer.status >= 400 and isinstance(answer.body, dict):
        answer.body["message"] = "Something else went wrong"
    return answer


def _shifted(record: dict[str, Any]) -> None:
    if "createdAt" in record:
        record["createdAt"] = f"{record['createdAt']:%Y-%m-%dT%H:%M:%S}.000-06:00"


def _rounded(record: dict[str, Any]) -> None:
    for name, value in record.items():
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            record[name] = value + 1e-7


DIFFERENCES: dict[str, Callable[[Answer], Answer]] = {
    "missing-field": _in_bodies(lambda record: record.pop("tenantId", None)),
    "wrong-type": _in_bodies(lambda record: record.update(tenantId=[record.get("tenantId")])),
    "array-order": _order,
    "status-code": lambda answer: replace(answer, status=202 if answer.status < 300 else 418),
    "float-rounding": _in_bodies(_rounded),
    "time-zone": _in_bodies(_shifted),
    "null-for-missing": _in_bodies(lambda record: record.setdefault("stageId", None)),
    "extra-field": _in_bodies(lambda record: record.update(internalCode="x-17")),
    "error-message": _message,
    "paging-total": _total,
    "header": lambda answer: replace(answer, headers={**answer.headers, "Cache-Control": "public, max-age=60"}),
    "encoding": lambda answer: replace(answer, encoding="latin-1"),
    "stored-value": lambda answer: answer,  # the handlers of writes look for it
}
