"""The apostrophe that keeps spreadsheets from calculating a cell, put before it on the way out and taken off on the way in."""

# What a spreadsheet would calculate, or fetch, instead of showing it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """Return `text` as a cell that no spreadsheet calculates. Text that looks guarded gets one apostrophe more, so that
    `unguarded` restores the original value exactly."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """Return a cell without the one apostrophe that `guarded` puts before it."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
