"""The tables of allowed changes of status, read from the rules of the old system."""

import re
from pathlib import Path

_CONTRACT = Path(__file__).resolve().parents[2] / "contract"
_ROW = re.compile(r"\| ([a-z_, ]+) \| ([a-z_, ]+) \|")


def allowed(rules: str) -> dict[str, set[str]]:
    """Return, for each status in the table "from | to" of the file `rules`, those that may follow it."""
    text = (_CONTRACT / rules).read_text(encoding="utf-8").lower()
    table = re.split(r"\| from \| (?:allowed )?to \|\n\| --- \| --- \|\n", text)[1]
    rows = [_ROW.fullmatch(line) for line in table.partition("\n\n")[0].splitlines()]
    return {old: set(row[2].split(", ")) - {"none"} for row in rows if row for old in row[1].split(", ")}
