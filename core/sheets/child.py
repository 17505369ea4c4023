"""`python -m core.sheets.child SUFFIX DESCRIPTOR`: reads a file from standard input, writes its lines as gzipped JSON to the
descriptor and what they are as a whole to standard output.

It limits itself before it reads the file: no uploaded file takes more memory or time from the machine than this.
"""

import ctypes
import gzip
import json
import os
import resource
import signal
import sys
import traceback
from typing import Any

from core.sheets.kinds import kind_of, may_be_prose, wrong_type
from core.sheets.table import SECONDS, WALL_SECONDS, Contents, Unreadable, WrongType
from core.sheets.text import read_text
from core.sheets.workbook import read_workbook

_MEMORY = 384 * 1024 * 1024
_WRITTEN = 128 * 1024 * 1024
_DIE_WITH_PARENT = 1


def main() -> None:
    """Read one file."""
    suffix, descriptor = sys.argv[1], int(sys.argv[2])
    _limit()
    content = sys.stdin.buffer.read()
    try:
        told = _convert(suffix, content, descriptor)
    except Unreadable as error:
        told = {"refused": str(error), "wrong_type": isinstance(error, WrongType)}
    except MemoryError:
        told = {"refused": "The file takes too much memory to be read", "wrong_type": False}
    except OSError:
        told = {"busy": "There is no room to read a file at this moment"}
    except Exception as error:  # noqa: BLE001 - whatever it is, without the sender's data
        told = {"refused": "The file cannot be read", "wrong_type": False, "fault": _place_of(error)}
    sys.stdout.write(json.dumps(told))


def _convert(suffix: str, content: bytes, descriptor: int) -> dict[str, Any]:
    workbook = kind_of(suffix, content) == "workbook"
    contents = Contents(read_workbook(content) if workbook else read_text(content, suffix))
    if not workbook and may_be_prose(suffix) and len(contents.header) < 2:
        raise wrong_type()
    with gzip.open(open(descriptor, "wb"), "wt", 1, encoding="utf-8", newline="") as out:
        write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
        for line in contents.lines():
            out.write(write(line) + "\n")
    comma = contents.decimal_comma
    if workbook:
        # The numbers among the cells have a point.
        comma = None if comma else False
    return {"header": contents.header, "notes": contents.notes, "decimal_comma": comma, "count": contents.count}


def _place_of(error: Exception) -> str:
    steps = [step for step, _ in traceback.walk_tb(error.__traceback__)]
    return f"{type(error).__name__} in {steps[-1].f_code.co_name}, line {steps[-1].f_lineno}"


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_WRITTEN, _WRITTEN))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Others' requests come first.
    os.nice(5)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    # Should the parent have been gone before.
    signal.alarm(2 * WALL_SECONDS)


if __name__ == "__main__":
    main()
