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

from segl_classifier.message import Source
from segl_classifier.understanding.addressed import holds_if, ungreeted
from segl_classifier.understanding.asking import Budget, Gates, in_shares
from segl_classifier.understanding.in_full import in_full
from segl_classifier.understanding.interface import Reading, Window, Words
from segl_classifier.understanding.unlisted import unlisted
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

# The linear stage's logit, of anything, from which a sentence is looked through for words.
_HEARD = -1.5
# What the linear stage and the sieve say together, of anything, from which the encoder is asked of it.
_BELIEVED = -0.5
_TELLS = 0.1  # the score of a category, from which it is worth a word
# What stands before an item of a list, and before a note at the foot of a page: "[2] Palle is charged with theft."
_MARK = re.compile(
    r"(?:\[\d{1,3}\]|\(?\d{1,3}[.)](?= [A-ZÆØÅÄÖÜ])|\(?[a-h]\)|[-–—•*·▪◦○■►✓☐])(?: \[[ xX]?\])? "  # "12. november"
)
# What names a cell.
_LABEL = re.compile(r"(?:\A|, )[^:,]{1,40}: ")
_STOPS = (".", "!", "?")
_SHORTEST, _LONGEST = 5, 30  # words: fewer tell nothing; what has more was nearly the whole window
# Words: so few tell something where the words of the rules speak of somebody ("Bo drinks again").
_SHORTEST_SPOKEN = 3
# Words of a sentence, among which stands who it begins with ("Vores nye bogholder Bo Holm …").
_FIRST_WORDS = 4


def by_itself(reading: Reading) -> bool:
    """Whether *reading* is of a sentence that a window of its own is read around."""
    return any(reason == LOWERED for reason, _ in reading.lowered)


def says_more(sentence: Reading, window: Reading) -> bool:
    """Whether *sentence*, read by itself, is surer than its *window* that there is anything, or of a category."""
    return sentence.any > window.any or any(
        score > max(_TELLS, window.scores.get(label, 0.0)) for label, score in sentence.scores.items()
    )


class Told(NamedTuple):
    """A sentence that may be read by itself, how it reads with whole names (:mod:`.in_full`), whether it has a name
    that is in the list, and whether it tells of whom by a role alone ("the bookkeeper")."""

    window: Window
    full: str
    named: bool
    by_role: bool = False

    @classmethod
    def of(cls, window: Window, words: Words | None, around: str = "") -> Told:
        """Without *words* no name is known, and none made whole. Whoever the sentence begins with stands there without
        the greeting to many before it: it is told of one. *around* is the passage it stands in: by a name that is in
        no list an animal may be called."""
        if not words:
            return cls(window, window.text, named=False)
        text, names = window.text, words.first_names(window.text)
        bare = ungreeted(text)
        begins = len(text) - len(bare)
        in_bare = [(start - begins, end - begins) for start, end in names if start >= begins]
        of_known = in_full(bare, in_bare, others=False)
        full = in_full(bare, in_bare)
        if full != bare and words.may_be_none(around):
            full = of_known
        by_role = full != of_known == bare and not unlisted(bare)
        first = bare.split(" ", _FIRST_WORDS)[:-1]
        if begins and full.split(" ", _FIRST_WORDS)[:-1] == first:
            full = in_full(text, names, others=False)
        return cls(window, full, bool(names), by_role)

    @property
    def is_short(self) -> bool:
        return self.window.text.count(" ") + 1 < _SHORTEST

    @property
    def tells(self) -> bool:
        """Whether it may tell of somebody: a short one must name one."""
        return not self.is_short or self.named or self.full != self.window.text


def sentences(windows: Iterable[SplitWindow]) -> list[Window]:
    """The sentences of *windows* that may be read by themselves, each once, in reading order."""
    found, whole = _parts(windows)
    return list(islice((sentence for text, (sentence, _) in found.items() if text not in whole), MOST))


def told(windows: Iterable[SplitWindow], words: Words | None) -> list[Told]:
    """The same with whole names where *words* tell who is named, and short ones that name somebody, of which nothing
    but the words of the rules tells (:attr:`Told.is_short`). One that was a window is read again only if it reads
    otherwise."""
    found, whole = _parts(windows, _SHORTEST_SPOKEN, lone=True) if words else _parts(windows)
    all_told = (Told.of(sentence, words, around) for sentence, around in found.values())
    return list(
        islice((one for one in all_told if not {one.window.text, one.full} <= whole and one.tells), MOST)
    )


def _parts(
    windows: Iterable[SplitWindow], fewest: int = _SHORTEST, *, lone: bool = False
) -> tuple[dict[str, tuple[Window, str]], set[str]]:
    """The sentences of *windows* of at least *fewest* words, by their text, each with that of its window, and the texts
    of the windows; *lone* ones, too, which are a window."""
    found: dict[str, tuple[Window, str]] = {}
    whole = set[str]()
    for window, parts in windows:
        whole.add(window.text)
        for sentence in parts or (window,) * (lone and window.source is not Source.SUBJECT):
            for text in _without_mark(sentence.text):
                if fewest <= text.count(" ") + 1 <= _LONGEST and not holds_if(text):
                    one = sentence if text == sentence.text else replace(sentence, text=text)
                    found.setdefault(text, (one, window.text))
    return found, whole


def _without_mark(sentence: str) -> Iterator[str]:
    """*sentence* without the mark of an item before it; and of a row each cell that is a sentence, since that has
    nothing to do with the others."""
    mark = _MARK.match(sentence)
    bare = sentence[mark.end() :] if mark else sentence
    yield bare
    if bare.count(": ") > 1:
        yield from (part for part in _LABEL.split(bare) if part != bare and part.endswith(_STOPS))


def for_sieve(
    linear: NDArray[np.floating], gates: Gates, budget: Budget, among: NDArray[np.bool_] | bool = True
) -> list[int]:
    """Of which sentences *among* all the sieve is asked, by number. *linear* holds a row of the linear stage's logits
    each."""
    return sorted(_from(linear, gates.alone, among)[: budget.sifted])


def spoken(found: Sequence[Told], linear: NDArray[np.floating], words: Words, budget: Budget) -> list[int]:
    """Of which sentences *words* say as much as the model would have to, by number: of the likeliest."""
    heard = _from(linear, _HEARD)[: budget.sifted]
    return sorted(n for n in heard if any(map(words.secure, {found[n].window.text, found[n].full})))


class Sentence(NamedTuple):
    """One that the sieve is asked of: whether the words of the rules say as much of it, whether it names somebody, and
    as what it is read (:mod:`.in_full`)."""

    spoken: bool
    named: bool
    read: str

    @classmethod
    def of(cls, told: Told, *, spoken: bool) -> Sentence:
        read = told.full if spoken else told.window.text
        return cls(spoken, told.named or (read != told.window.text and not told.by_role), read)

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
