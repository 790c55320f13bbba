"""How many cells the rows of a table have: a heading is as wide as most of its rows, whatever one of them is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def most_cells(rows: Iterable[Sequence[str]]) -> int:
    """How many cells most rows have."""
    counts = Counter(len(cells) for cells in rows if len(cells) > 1)
    return max(counts, key=lambda width: (counts[width], width), default=0)
