"""The tables of values in the charts' READMEs, from the comments in values.yaml."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_LINE = re.compile(r"^(?P<indent> *)(?P<key>[A-Za-z]+):(?: (?P<value>.*))?$")
Row = tuple[str, str, str]


def table(path: Path, own: dict[str, Any]) -> str:
    """Return a Markdown table of every value in `path`: its name, its default, where `own` has none, and the comment above it."""
    rows = [
        f"| `{name}` | `{_found(own, name, default)}` | {_shown(comment)} |" for name, default, comment in _rows(path)
    ]
    return "\n".join(["| value | default | |", "| --- | --- | --- |", *rows])


def _found(own: dict[str, Any], name: str, default: str) -> str:
    value: Any = own
    for word in name.split("."):
        value = value.get(word) if isinstance(value, dict) else None
    return default if value is None else json.dumps(value).replace('"', "")


def _shown(comment: str) -> str:
    return comment.replace("<", "&lt;").replace("|", "&#124;")


def _rows(path: Path) -> Iterator[Row]:
    """Yield a row for each line that holds a value; a comment belongs to the next line that does not follow a blank one."""
    above: list[str] = []
    comment: list[str] = []
    lines = path.read_text(encoding="utf-8").splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        found = _LINE.match(line)
        if line.strip().startswith("#"):
            comment.append(line.strip().lstrip("# "))
        elif found:
            above = [*above[: len(found["indent"]) // 2], found["key"]]
            value = found["value"] or _first_of_list(following)
            if value:
                yield ".".join(above), value, " ".join(comment)
                comment = []
        elif not line.strip():
            comment = []


def _first_of_list(line: str) -> str:
    return "[...]" if line.strip().startswith("- ") else ""
