"""Which windows each stage of the model reads: the cheap stage all of them, the dearest one very few.

The sieve costs ten times what the linear stage does, and the encoder twenty times what the sieve does. So the sieve is
asked of all that the linear stage is not sure of.

Most of what it leaves is harmless too, so the encoder is asked of the likeliest window first (of a long message: of
one in so many). Where it says "no" there, and none of the others is likely by itself, it is not asked again: of the
mails by other writers that hold something, hardly any held it only in a window that was not the likeliest. But what
would alarm by the stages before it alone, where nothing that was read does, is read as well (:mod:`.cascade`): lines
of a log look like a person's matter to them. Where it does not say "no", the next windows are read too, since they may
tell the category.

What the linear stage finds likely the sieve alone cannot put aside: it is always asked about. Where there are more
windows than may be asked about, each category has its turn: in a run of bills a bill is the likeliest all through.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Gates:
    """Fitted on mails held out. ``doubtful`` is the linear stage's logit (of anything, and of the best label) from
    which the sieve is asked, ``likely`` that (of anything) from which the encoder always is; ``uncertain`` what both
    say together, from which the encoder may be asked, ``surely`` that from which it always is; ``go_on`` its answer, of
    anything, from which the others are asked about too. Of a sentence by itself (:mod:`.passing`) the sieve is asked
    from the linear stage's ``alone`` on, the encoder from ``alone_likely``, of what both say together."""

    doubtful: float
    doubtful_label: float
    likely: float
    uncertain: float
    uncertain_label: float
    surely: float
    go_on: float
    alone: float
    alone_likely: float


@dataclass(frozen=True, slots=True)
class Budget:
    """What one message may cost: windows to the sieve; windows to the encoder (the likeliest few of a short message,
    one in so many of a long one), fewer of them once it is certain; sentences by themselves to the encoder, of a short
    message, and of those in which the words of the rules speak (``spoken``); and seconds for all, after which the rest
    is not read. For a window beyond that the stages before speak alone."""

    sifted: int = 512
    few: int = 2
    sentences: int = 1
    spoken: int = 2
    one_in: int = 8
    windows: int = 64
    windows_when_certain: int = 16
    certain: float = 0.95
    seconds: float = 20.0


def in_doubt(linear: NDArray[np.floating], gates: Gates, budget: Budget) -> list[int]:
    """The windows to ask the sieve about, by number. *linear* holds a row of the linear stage's logits a window."""
    doubtful = _from(linear, gates.doubtful, gates.doubtful_label)
    return sorted(sorted(doubtful, key=lambda n: -linear[n, 0])[: budget.sifted])


def in_turn(
    linear: NDArray[np.floating], sifted: NDArray[np.floating], gates: Gates, budget: Budget
) -> tuple[list[int], list[int]]:
    """The windows to ask the encoder about first, and those to ask about if an answer reaches ``go_on``; by number, the
    likeliest first. Both hold a row a window: *linear* of the linear stage, *sifted* of what the stages before the
    encoder say together."""
    share = len(sifted) // budget.one_in
    most = min(budget.windows, max(budget.few, share))
    uncertain = {*_from(sifted, gates.uncertain, gates.uncertain_label), *_from(linear, gates.likely)}
    order = sorted(uncertain, key=lambda n: (-sifted[n, 0], n))
    order = in_shares(order, sifted, most)
    sure = [sifted[n, 0] >= gates.surely or linear[n, 0] >= gates.likely for n in order]
    first = [n for rank, n in enumerate(order) if rank < max(1, share) or sure[rank]]
    return first, [n for n in order if n not in first]


def in_shares(order: list[int], sifted: NDArray[np.floating], most: int) -> list[int]:
    """*most* of *order*, which is the likeliest first: where there are more, each category has its turn."""
    if len(order) <= most:
        return order
    return _in_turns(order[:most], _by_category(order, sifted, most))[:most]


def _by_category(windows: list[int], sifted: NDArray[np.floating], most: int) -> list[int]:
    """The likeliest of *windows* for each category, the likelier first, then the second likeliest …; *most* of them."""
    logits = sifted[windows, 1:]
    labels = np.arange(logits.shape[1])
    named: dict[int, None] = {}
    for ranked in np.argsort(-logits, axis=0, kind="stable")[:most]:
        likelier = np.argsort(-logits[ranked, labels], kind="stable")
        named |= dict.fromkeys(windows[place] for place in ranked[likelier])
    return list(named)[:most]


def _in_turns(one: list[int], other: list[int]) -> list[int]:
    """The first of both orders, the second of both …, none twice."""
    return list(dict.fromkeys(n for turn in zip(one, other, strict=True) for n in turn))


def _from(logits: NDArray[np.floating], anything: float, label: float = math.inf) -> list[int]:
    reached = (logits[:, 0] >= anything) | (logits[:, 1:].max(axis=1) >= label)
    return list(map(int, np.flatnonzero(reached)))
