"""What a mail says in passing: "Lis is at the psychiatric ward" in the middle of the roof, the canteen and the printer.

A window is read as one, and a sentence that has nothing to do with the rest may be lost in it: the stages say of the
whole that it is harmless. So its sentences are read once more, each by itself: by the linear stage all of them, by the
sieve those that it finds likely, by the encoder the few that both find likeliest. In a harmless mail that is hardly
one. A sentence torn out of a mail may say more than the mail does ("he is ill", of the hero of a novel), so it counts
for less: :data:`BY` is taken from each of its scores. They are read where the message is certain without them, too: it
may hold something else besides, for which it has to wait. Only what speaks of a category that is certain already is not
asked about: a conviction need not wait behind five sentences on the same illness.

Where the words of the rules say of a sentence, without the model, that it must be sent securely, the encoder is asked
of it though the cheap stages only doubt, and believed sooner (:data:`BY_SPOKEN`): two that know nothing of each other
say the same. Of what those find unlikely it would say "no" (docs/decisions/0063). It is believed sooner, too, where it
names somebody: then it needs none of what stands around it (docs/decisions/0100).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segl_classifier.understanding.addressed import holds_if
from segl_classifier.understanding.asking import Budget, Gates, in_shares
from segl_classifier.understanding.in_full import in_full
from segl_classifier.understanding.interface import Reading, Window, Words
from segl_classifier.understanding.windows import MOST, SplitWindow

LOWERED = "sentence by itself"
BY = 3.0
"""Log-odds, taken from all scores of a sentence that is read by itself. With less, mail by other writers that need not
be secure is taken for such that must; with more, less is found (docs/decisions/0056)."""

BY_NAMED = 2.0
"""The same of a sentence that names somebody: torn out it says as much (docs/decisions/0100)."""

BY_SPOKEN = 1.5
"""The same of a sentence of which the words of the rules say as much (docs/decisions/0063)."""

BY_SPOKEN_NAMED = 1.0
"""And of one that names somebody besides."""

_HEARD = -1.0  # the linear stage's logit, of anything, from which a sentence is looked through for words
_BELIEVED = 0.0  # what the linear stage and the sieve say together, of anything, from which the encoder is asked of it
_TELLS = 0.1  # the score of a category, from which it is worth a word
# What stands before an item of a list, and before a note at the foot of a page: "[2] Palle is charged with theft."
_MARK = re.compile(
    r"(?:\[\d{1,3}\]|\(?\d{1,3}[.)](?= [A-ZÆØÅÄÖÜ])|\(?[a-h]\)|[-–—•*·▪◦○■►✓☐])(?: \[[ xX]?\])? "  # "12. november"
)
# What names a cell.
_LABEL = re.compile(r"(?:\A|, )[^:,]{1,40}: ")
_STOPS = (".", "!", "?")
_SHORTEST, _LONGEST = 5, 30  # words: fewer tell nothing; what has more was nearly the whole window


def by_itself(reading: Reading) -> bool:
    """Whether *reading* is of a sentence that a window of its own is read around."""
    return any(reason == LOWERED for reason, _ in reading.lowered)


def says_more(sentence: Reading, window: Reading) -> bool:
    """Whether *sentence*, read by itself, is surer than its *window* that there is anything, or of a category."""
    return sentence.any > window.any or any(
        score > max(_TELLS, window.scores.get(label, 0.0)) for label, score in sentence.scores.items()
    )


def sentences(windows: Iterable[SplitWindow]) -> list[Window]:
    """The sentences of *windows* that may be read by themselves, each once, in reading order."""
    found: dict[str, Window] = {}
    whole = set[str]()
    for window, parts in windows:
        whole.add(window.text)
        for sentence in parts:
            for text in _told(sentence.text):
                if _SHORTEST <= text.count(" ") + 1 <= _LONGEST and not holds_if(text):
                    found.setdefault(
                        text, sentence if text == sentence.text else replace(sentence, text=text)
                    )
    return list(islice((sentence for text, sentence in found.items() if text not in whole), MOST))


def _told(sentence: str) -> Iterator[str]:
    """*sentence* without the mark of an item before it; and of a row each cell that is a sentence, since that has
    nothing to do with the others."""
    mark = _MARK.match(sentence)
    bare = sentence[mark.end() :] if mark else sentence
    yield bare
    if bare.count(": ") > 1:
        yield from (part for part in _LABEL.split(bare) if part != bare and part.endswith(_STOPS))


def for_sieve(linear: NDArray[np.floating], gates: Gates, budget: Budget) -> list[int]:
    """Of which sentences the sieve is asked, by number. *linear* holds a row of the linear stage's logits each."""
    return sorted(_from(linear, gates.alone)[: budget.sifted])


def spoken(
    sentences: Sequence[Window], linear: NDArray[np.floating], words: Words, budget: Budget
) -> list[int]:
    """Of which sentences *words* say as much as the model would have to, by number: of the likeliest."""
    heard = _from(linear, _HEARD)[: budget.sifted]
    return sorted(n for n in heard if words.secure(sentences[n].text))


class Sentence(NamedTuple):
    """One that the sieve is asked of: whether the words of the rules say as much of it, whether it names somebody, and
    as what it is read (:mod:`.in_full`)."""

    spoken: bool
    named: bool
    read: str

    @classmethod
    def of(cls, text: str, words: Words | None, *, spoken: bool) -> Sentence:
        names = words.first_names(text) if words else ()
        read = in_full(text, names) if spoken else text
        return cls(spoken, bool(names) or read != text, read)

    @property
    def by(self) -> float:
        """The log-odds that are taken from all scores of it."""
        if self.named:
            return BY_SPOKEN_NAMED if self.spoken else BY_NAMED
        return BY_SPOKEN if self.spoken else BY


def for_encoder(
    sifted: NDArray[np.floating],
    held: NDArray[np.bool_],
    gates: Gates,
    budget: Budget,
    said: NDArray[np.bool_] | None = None,
) -> list[int]:
    """Of which the encoder is asked; *sifted* is what the stages before it say together, *held* which categories the
    message is known to hold, *said* of which the words say as much. A sentence that is likeliest to be of a category
    that is held is not asked about."""
    most = max(budget.sentences, min(budget.windows_when_certain, len(sifted) // budget.one_in))
    news = ~held[sifted[:, 1:].argmax(axis=1)]
    chosen = in_shares(_from(sifted, gates.alone_likely, news), sifted, most)
    if said is not None:
        more = max(budget.spoken, most)
        chosen = [*chosen, *in_shares(_from(sifted, _BELIEVED, news & said), sifted, more)]
    return sorted(set(chosen))


def _from(logits: NDArray[np.floating], least: float, among: NDArray[np.bool_] | bool = True) -> list[int]:
    """The rows *among* all that reach *least*, the likeliest first."""
    reached = np.flatnonzero((logits[:, 0] >= least) & among)
    return sorted(map(int, reached), key=lambda n: (-logits[n, 0], n))
