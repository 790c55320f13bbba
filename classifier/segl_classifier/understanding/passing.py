"""What a mail says in passing: "Lis is at the psychiatric ward" in the middle of the roof, the canteen and the printer.

A window is read as one, and a sentence that has nothing to do with the rest may be lost in it: the stages say of the
whole that it is harmless. So its sentences are read once more, each by itself: by the linear stage all of them, by the
sieve those that it finds likely, by the encoder those that both find likely. In a harmless mail that is hardly one.
A sentence torn out of a mail may say more than the mail does ("he is ill", of the hero of a novel), so it counts for
less: :data:`BY` is taken from each of its scores. They are read where the message is certain without them, too: it may
hold something else besides, for which it has to wait.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from segl_classifier.understanding.asking import Budget
from segl_classifier.understanding.reading import Reading, Window
from segl_classifier.understanding.windows import MOST, Passage

LOWERED = "sentence by itself"
BY = 3.0
"""Log-odds, taken from all scores of a sentence that is read by itself. With less, mail by other writers that need not
be secure is taken for such that must; with more, less is found (docs/decisions/0056)."""

_SHORTEST, _LONGEST = 5, 30  # words: fewer tell nothing; what has more was nearly the whole window
_LIKELY = 0.0  # the linear stage's logit of anything, from which the sieve is asked
_LIKELIER = 1.0  # what both say together, from which the encoder is


def by_itself(reading: Reading) -> bool:
    """Whether *reading* is of a sentence that a window of its own is read around."""
    return any(reason == LOWERED for reason, _ in reading.lowered)


def sentences(passages: Iterable[Passage]) -> list[Window]:
    """Those of *passages* that may be read by themselves, each once, in reading order."""
    found: dict[str, Window] = {}
    whole = set[str]()
    for passage in passages:
        whole.add(passage.window.text)
        for sentence in passage.sentences:
            if _SHORTEST <= sentence.text.count(" ") + 1 <= _LONGEST:
                found.setdefault(sentence.text, sentence)
    return list(islice((sentence for text, sentence in found.items() if text not in whole), MOST))


def likely(linear: NDArray[np.floating], budget: Budget) -> list[int]:
    """Of which sentences the sieve is asked, by number. *linear* holds a row of the linear stage's logits each."""
    return _best(linear, _LIKELY, budget.sifted)


def likelier(sifted: NDArray[np.floating], budget: Budget) -> list[int]:
    """Of which the encoder is asked; *sifted* is what the stages before it say together."""
    share = min(budget.windows_when_certain, len(sifted) // budget.one_in)
    return _best(sifted, _LIKELIER, max(budget.few, share))


def _best(logits: NDArray[np.floating], least: float, most: int) -> list[int]:
    reached = np.flatnonzero(logits[:, 0] >= least)
    return sorted(sorted(map(int, reached), key=lambda n: (-logits[n, 0], n))[:most])
