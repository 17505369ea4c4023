"""How the cells of a workbook show numbers: as dates, as times, with leading zeros, as they are."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

_QUOTED = re.compile(r'"[^"]{0,255}"|\[[^\]]{0,255}\]|\\.')
_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}


class Format(NamedTuple):
    """How a style shows numbers, as far as it changes what they are: dates, times, and digits that must be there."""

    date: bool = False
    time: bool = False
    digits: int = 0

    def text(self, raw: str, epoch_1904: bool) -> str:
        """Return a number as the style shows it: an ISO date, time or both, or its digits; as it is where it is no such."""
        plain = number_text(raw)
        if self.digits:
            return plain.zfill(self.digits) if plain.isdigit() else plain
        try:
            return self._moment(float(raw), epoch_1904) or plain
        except (OverflowError, ValueError):
            return plain

    def _moment(self, days: float, epoch_1904: bool) -> str:
        if days < 0:
            return ""
        # Excel's 1900 has a 29th of February.
        start = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 31 if days < 60 else 30)
        moment = start + timedelta(seconds=round(days * 86_400))
        if days < 1 and self.time and not self.date:
            return moment.time().isoformat()
        return moment.isoformat() if moment.time().isoformat() != "00:00:00" else moment.date().isoformat()


def format_of(number: str, code: str | None) -> Format | None:
    """Return the format of a style by its number, or by its own code where it has one; None when numbers stay as they are."""
    if code is None:
        built_in = int(number or 0) in _DATES
        times = number in ("18", "19", "20", "21", "45", "46", "47")
        return Format(date=not times, time=times) if built_in else None
    first = _QUOTED.sub("", code).lower().partition(";")[0]
    if first and not first.strip("0"):
        return Format(digits=len(first)) if len(first) > 1 else None
    # E: 0.00E+00; General is a word.
    if "general" in first or not first.strip("0#?.,%e+-$ ()_*/"):
        return None
    date, time = any(letter in first for letter in "yd"), any(letter in first for letter in "hs")
    return Format(date=date or not time, time=time) if date or time or "m" in first else None


def number_text(raw: str) -> str:
    """Return a number as digits where it is whole, as many as were written; else as spreadsheets show it, 15 digits."""
    text = raw.strip()
    if text.isascii() and text.removeprefix("-").isdigit():
        return text
    try:
        number = float(text)
        whole = number.is_integer() and abs(number) < 1e21
    except (ValueError, OverflowError):
        return text
    return str(int(number)) if whole else f"{number:.15g}"
