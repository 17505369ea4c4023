"""Where the commands print."""

from rich.console import Console

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)
