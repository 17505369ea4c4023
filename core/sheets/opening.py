"""Opening an uploaded file: it is read in a child process with limits, never in ours (docs/decisions/0014)."""

import gzip
import logging
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import IO, Any

import orjson

from core.sheets.table import WALL_SECONDS, Line, Unreadable, WrongType

_log = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
# One file at a time in each process: beside a reader at its worst (some 170 MB) a second one would not fit into a container of
# 512 MB. How long the next one waits, in seconds.
_TURN = threading.Lock()
_PATIENCE = 10.0


class Busy(RuntimeError):
    """The machine has no room to read a file: later."""


class Sheet:
    """A table from a file: its header, the number of lines below it, and notes about the whole file."""

    def __init__(self, told: dict[str, Any], lines: IO[bytes]) -> None:
        self.header: list[str] = told["header"]
        self.count: int = told["count"]
        self.notes: list[str] = told["notes"]
        # Whether numbers are written 1.234,50; None when nothing, or both, speaks for it.
        self.decimal_comma: bool | None = told["decimal_comma"]
        self._lines = lines

    def __iter__(self) -> Iterator[Line]:
        """Yield the lines; again from the first each time, one iteration at a time."""
        self._lines.seek(0)
        with gzip.open(self._lines) as lines:
            for line in lines:
                yield Line(*orjson.loads(line))


def open_sheet(name: str, content: bytes) -> Sheet:
    """Return the table in the file `name` with `content`: CSV in its dialects, or an Excel workbook.

    Raises Unreadable, with a sentence for the sender, for anything else and for what is larger than we take (core.sheets.table);
    Busy when the machine has no room for it at this moment.
    """
    lines = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the sheet
    if not _TURN.acquire(timeout=_PATIENCE):
        raise Busy("Other files are being read")
    try:
        told = _read(PurePath(name).suffix.lower(), content, lines)
    finally:
        _TURN.release()
    if "busy" in told:
        raise Busy(told["busy"])
    if "fault" in told:
        _log.error("sheet_reader_fault: %s", told["fault"])
    if "refused" in told:
        raise (WrongType if told["wrong_type"] else Unreadable)(told["refused"])
    return Sheet(told, lines)


def _read(suffix: str, content: bytes, lines: IO[bytes]) -> Any:
    known = suffix[:20].encode("ascii", "replace").decode().replace("\x00", "")
    command = [sys.executable, "-m", "core.sheets.child", known, str(lines.fileno())]
    # It needs nothing of our environment, which holds secrets.
    limits: dict[str, Any] = {"timeout": WALL_SECONDS, "cwd": _ROOT, "env": {}, "pass_fds": (lines.fileno(),)}
    try:
        done = subprocess.run(command, input=content, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **limits)  # noqa: S603
    except subprocess.TimeoutExpired:
        # Its own limit of the processor's time would have ended it: others had the processor.
        raise Busy("Other work is being done") from None
    if done.returncode:
        raise Unreadable(f"The file cannot be read within the limits of time and memory ({done.returncode})")
    return orjson.loads(done.stdout)
