"""Of a window that is read in parts, each output is what it is in the part that says most: what stands behind twenty
account numbers weighs what it would weigh without them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


def strongest(rows: Rows, parts: Sequence[int]) -> Rows:
    """The highest of each output in *rows*, of which the first text has as many as the first of *parts* says, and so
    on."""
    if len(rows) == len(parts):
        return rows
    starts = np.concatenate(([0], np.cumsum(parts)[:-1]))
    joined: Rows = np.maximum.reduceat(rows, starts, axis=0)
    return joined
