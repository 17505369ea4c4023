"""The three spellings of a page that the contract has; each route keeps its own (users-rules §1)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeVar

T = TypeVar("T")

# Users do not page this deep, and skipping more documents is expensive (docs/measurements.md: 20,000 skipped take 5.7 ms).
DEEPEST = 100_000


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page of what size is asked for; both start at 1."""

    page: int
    limit: int

    @property
    def skip(self) -> int:
        """How many documents come before the page."""
        return min((self.page - 1) * self.limit, DEEPEST)

    def after(self, first: Sequence[T], rest: Callable[[int, int], Iterable[T]]) -> list[T]:
        """Return this page of `first` and what comes after them: `rest(skip, limit)`, which is asked only when there is room."""
        shown = list(first[self.skip : self.skip + self.limit])
        room = self.limit - len(shown)
        return shown + list(rest(max(0, self.skip - len(first)), room)) if room else shown

    def pages(self, total: int) -> int:
        """Return how many pages `total` documents fill."""
        return ceil(total / self.limit)

    def nested(self, total: int) -> dict[str, int]:
        """Return `{page, limit, total, pages}`, which users puts under `data.pagination`."""
        return {"page": self.page, "limit": self.limit, "total": total, "pages": self.pages(total)}

    def flat(self, total: int) -> dict[str, int]:
        """Return `{total, page, limit, totalPages}`, which leads, invitations and tenants mix into the answer."""
        return {"total": total, "page": self.page, "limit": self.limit, "totalPages": self.pages(total)}


def page_of(query: dict[str, Any], *, default_limit: int, highest: int = 100) -> PageRequest:
    """Return the page that the checked `query` asks for; a limit above `highest` is lowered silently."""
    return PageRequest(int(query.get("page") or 1), min(int(query.get("limit") or default_limit), highest))
