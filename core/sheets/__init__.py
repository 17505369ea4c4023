"""Tables in files that people send, read in a process apart."""

from core.sheets.opening import Busy, Sheet, open_sheet
from core.sheets.table import LARGEST_FILE, Line, Unreadable, WrongType

__all__ = ["LARGEST_FILE", "Busy", "Line", "Sheet", "Unreadable", "WrongType", "open_sheet"]
