"""Which windows the encoder is asked of, in which order, and when no more.

The encoder costs a hundred times what the linear stage does, and most of what the linear stage is unsure of is
harmless. So it is asked of the likeliest window first (of a long message: of one in so many). Where it says "no"
there, and the linear stage thinks none of the others likely by itself, it is not asked again: of the mails by other
writers that hold something, hardly any held it only in a window that was not the likeliest. Where it does not say
"no", the next windows are read too, since they may tell the category.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Gates:
    """Fitted on mails held out. ``uncertain`` is the logit of the linear stage (of anything, and of the best label)
    from which a window may be asked about at all, ``surely`` that from which it always is; ``go_on`` the answer, of
    anything, from which the others are asked about too."""

    uncertain: float
    uncertain_label: float
    surely: float
    go_on: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What one message may cost the encoder: windows (the likeliest few of a short message, one in so many of
    a long one), fewer of them once it is certain, and seconds after which the rest is not read. For a window
    beyond that the linear stage alone speaks."""

    few: int = 3
    one_in: int = 8
    windows: int = 64
    windows_when_certain: int = 16
    certain: float = 0.95
    seconds: float = 20.0


def in_turn(linear: NDArray[np.floating], gates: Gates, budget: Budget) -> tuple[list[int], list[int]]:
    """The windows to ask about first, and those to ask about if an answer reaches ``go_on``; by number, the
    likeliest first. *linear* holds a row of the linear stage's logits a window."""
    uncertain = (linear[:, 0] >= gates.uncertain) | (linear[:, 1:].max(axis=1) >= gates.uncertain_label)
    share = len(linear) // budget.one_in
    most = min(budget.windows, max(budget.few, share))
    order = sorted(map(int, np.flatnonzero(uncertain)), key=lambda n: -linear[n, 0])[:most]
    first = [n for rank, n in enumerate(order) if rank < max(1, share) or linear[n, 0] >= gates.surely]
    return first, order[len(first) :]
