"""Where the commands print."""

from rich.console import Console
from rich.table import Column, Table

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def table(*names: str, whole: tuple[str, ...] = ("group",)) -> Table:
    """Return a table of the columns `names`, for narrow terminals and pipes as well: nothing is cut off. whole: the columns whose
    cells somebody copies; others are folded first."""
    return Table(*(Column(name, overflow="fold", no_wrap=name in whole) for name in names))
