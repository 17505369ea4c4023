"""Numbers as people write them: which of `.` and `,` is the decimal sign is decided for a whole column, or not at all."""

import re
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from core.imports.subjects import Refused

_LONGEST = 60
_CURRENCY = re.compile(r"(?:US)?[$€£]|USD|EUR", re.IGNORECASE)
_SPACES = re.compile(r"[\s'\u2019_]")
_PLAIN = re.compile(r"[0-9]+")
_EXPONENT = re.compile(r"[0-9]+(?:\.[0-9]+)?E[+-]?[0-9]{1,3}", re.IGNORECASE)
_ONE_SIGN = re.compile(r"([0-9]*)([.,])([0-9]*)")
# Two signs or more: thousands, and perhaps another sign before the decimals.
_GROUPED = re.compile(r"([0-9]{1,3}(?:([.,])[0-9]{3})(?:\2[0-9]{3})*)(?:([.,])([0-9]*))?")
_TIMES = {"k": 1_000, "mm": 1_000_000, "m": 1_000_000}


class Style(StrEnum):
    """The decimal sign of a column; mixed where its cells contradict each other."""

    DOT = "dot"
    COMMA = "comma"
    MIXED = "mixed"


def style_of(proofs: Iterable[str], *, comma: bool) -> Style:
    """Return the style of a column whose cells prove these decimal signs. comma: which one to expect of cells that prove none."""
    signs = set(proofs) - {""} or {"," if comma else "."}
    return Style.MIXED if len(signs) > 1 else Style.COMMA if signs == {","} else Style.DOT


def proof(text: str) -> str:
    """Return the decimal sign that a cell proves; empty when it could be read in both ways, or is no number."""
    body = _parts(text)[1]
    one = _ONE_SIGN.fullmatch(body)
    if one:
        whole, sign, rest = one.groups()
        return "" if _is_group(whole, rest) else sign
    grouped = _GROUPED.fullmatch(body)
    if not grouped:
        return ""
    return (grouped[3] or ("," if grouped[2] == "." else ".")) if grouped[3] != grouped[2] else ""


def number(text: str, style: Style = Style.DOT) -> float:
    """Return the number that `text` means in a column of that style: `$1,250`, `1.250,50`, `250k`, `(500)` for minus 500.

    Raises Refused for text that is no number, and for one that could mean two."""
    sign, body, times = _parts(text)
    is_plain = _EXPONENT.fullmatch(body) or _PLAIN.fullmatch(body)
    value = float(sign * Decimal(body if is_plain else _without_thousands(body, style)) * times)
    if value in (float("inf"), float("-inf")):
        raise Refused
    return value


def shown(value: float) -> str:
    """Return a number as a cell that `number` reads as the same in any column."""
    text = str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
    one = _ONE_SIGN.fullmatch(text)
    # 250.125 could be a quarter of a million somewhere.
    return f"{text}0" if one and _is_group(one[1], one[3]) else text


def _parts(text: str) -> tuple[int, str, int]:
    """Return sign, digits with their separators, and factor of a number as it is written."""
    body = _SPACES.sub("", _CURRENCY.sub("", text)) if len(text) <= _LONGEST else ""
    negative = body.startswith("(") and body.endswith(")")
    body = body[1:-1] if negative else body
    if body[:1] in ("-", "+", "\u2212"):
        negative, body = negative or body[0] != "+", body[1:]
    tail = next((word for word in _TIMES if body.lower().endswith(word)), "")
    return (-1 if negative else 1), body.removesuffix(body[-len(tail) :]) if tail else body, _TIMES.get(tail, 1)


def _without_thousands(body: str, style: Style) -> str:
    one = _ONE_SIGN.fullmatch(body)
    if one:
        whole, sign, rest = one.groups()
        if not (whole or rest):
            raise Refused
        if not _is_group(whole, rest):
            return f"{whole or 0}.{rest or 0}"
        _check_thousands(sign, style, body)
        return whole + rest
    grouped = _GROUPED.fullmatch(body)
    if not grouped or grouped[3] == grouped[2]:
        raise Refused
    return f"{re.sub('[.,]', '', grouped[1])}.{grouped[4] or 0}"


def _is_group(whole: str, rest: str) -> bool:
    """Whether the sign between these digits could be one of thousands."""
    return len(rest) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")


def _check_thousands(sign: str, style: Style, body: str) -> None:
    """Raise Refused unless `sign`, which three digits follow, is the one of thousands. As the decimal sign it would make a
    quarter of a thousand of 250,000, and one cell with decimals among many prices would divide them all."""
    if style == Style.MIXED or (sign == ".") != (style == Style.COMMA):
        raise Refused(f"it could be {float(body.replace(sign, '.')):g} or {body.replace(sign, '')}")
