"""What the stages say of sentences by themselves, for the fit: as the cascade would ask and mix them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from segl_classifier.message import Text
from segl_classifier.understanding import passing
from segl_classifier.understanding.asking import Budget, Gates
from segl_classifier.understanding.windows import split_windows
from segl_training.corpus import LABELS
from segl_training.measure import per_mail

Array = NDArray[np.float64]
Reads = Callable[[Sequence[str]], NDArray[np.float32]]
_BUDGET = Budget()
_NONE_HELD = np.zeros(len(LABELS), bool)  # what is held is as secure with the sentence as without


@dataclass(frozen=True)
class Sentences:
    """The sentences of mails, a row of logits a stage; ``owner`` is the mail of each."""

    owner: NDArray[np.int_]
    linear: Array
    sieve: Array
    encoder: Array

    @classmethod
    def none(cls) -> Self:
        """Of mails without any."""
        rows = np.empty((0, 1 + len(LABELS)))
        return cls(np.empty(0, int), rows, rows, rows)

    def best(self, mails: int, sieve_share: float, encoder_share: float, gates: Gates) -> Array:
        """The best logits of each of *mails* in what the encoder is asked of; -20 where that is nothing."""
        sifted = sieve_share * self.sieve + (1 - sieve_share) * self.linear
        asked: list[int] = []
        for mail in range(mails):
            own = np.flatnonzero(self.owner == mail)
            own = own[passing.for_sieve(self.linear[own], gates, _BUDGET)]
            asked += own[passing.for_encoder(sifted[own], _NONE_HELD, gates, _BUDGET)].tolist()
        said = encoder_share * self.encoder[asked] + (1 - encoder_share) * sifted[asked]
        return per_mail(said, self.owner[asked].tolist(), mails)


def sentences(mails: Sequence[Sequence[Text]], linear: Reads, sieve: Reads, encoder: Reads) -> Sentences:
    """Those of *mails*, read by all three stages."""
    found = [
        (n, one.text) for n, texts in enumerate(mails) for one in passing.sentences(split_windows(texts))
    ]
    texts = [text for _, text in found]
    said = (stage(texts).astype(float) for stage in (linear, sieve, encoder))
    return Sentences(np.array([n for n, _ in found], int), *said)
