"""What every stage says of texts: a row of logits each, the first for "anything", then one a category.

A long text is read in parts. Then each of its logits is that of the part that says most: what stands behind twenty
account numbers weighs what it would weigh without them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


def highest_of_parts(rows: Logits, parts: Sequence[int]) -> Logits:
    """The highest of each output in *rows*, of which the first text has as many as the first of *parts* says, and so
    on."""
    if len(rows) == len(parts):
        return rows
    starts = np.concatenate(([0], np.cumsum(parts)[:-1]))
    joined: Logits = np.maximum.reduceat(rows, starts, axis=0)
    return joined
