"""Names of persons, organisations and places in a passage: a linear-chain conditional random field.

Each token gets one of seven tags: B- and I- (begin, inside) of PER, ORG and LOC, or O. The tags of a passage are
chosen together, the likeliest sequence (Viterbi), so that "Hauge Rør A/S" is one company and not a man before it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import pycrfsuite

from segl_classifier.understanding.likeness import Likeness
from segl_classifier.understanding.name_features import COMPANY_ENDS, features_of, forget_words

FILES = ("persons.crfsuite", "names.npz")


class Kind(StrEnum):
    """What a name names."""

    PERSON = "PER"
    ORGANISATION = "ORG"
    PLACE = "LOC"


Named = tuple[int, int, Kind]
"""First token, the one after the last, what it names."""


class Recogniser:
    """The trained recogniser. Threads may share it: they take turns."""

    def __init__(self, tagger: pycrfsuite.Tagger, likeness: Likeness) -> None:
        self._tagger = tagger
        self._likeness = likeness
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path) -> Recogniser:
        """From ``persons.crfsuite`` and ``names.npz`` in *folder*. Raises :class:`OSError` or
        :class:`ValueError` when they are not what they should be."""
        _check(folder / FILES[0])
        tagger = pycrfsuite.Tagger()
        tagger.open(str(folder / FILES[0]))  # not open_inmemory, which does not keep the bytes alive
        return cls(tagger, Likeness.load(folder / FILES[1]))

    def forget(self) -> None:
        """Keep nothing of the words that came by: many are names."""
        forget_words()
        self._likeness.forget()

    def names(self, words: Sequence[str]) -> list[Named]:
        """The names among *words*, the tokens of one passage (white space left out), in order."""
        if not words:
            return []
        features = features_of(words, self._likeness)
        with self._lock:
            tags = self._tagger.tag(features)
        return companies(words, spans(tags))


def _check(file: Path) -> None:
    """CRFsuite reads beyond the end of a file that was cut off, so its header is looked at first: the letters
    ``lCRF``, then its size in four bytes, least first (CRFsuite, crf1d_model.c)."""
    with file.open("rb") as stored:
        head = stored.read(8)
    if head[:4] != b"lCRF" or int.from_bytes(head[4:], "little") != file.stat().st_size:
        raise ValueError(f"{file.name} is damaged")


def companies(words: Sequence[str], names: Iterable[Named]) -> list[Named]:
    """*names*, with those that end in A/S, ApS and the like as one organisation, whoever it is called after."""
    found: list[Named] = []
    for first, last, kind in names:
        if found and first < found[-1][1]:
            continue
        end = last + (last < len(words) and words[last].lower() in COMPANY_ENDS)
        if words[end - 1].lower() in COMPANY_ENDS:
            if found and found[-1][1] == first:
                first = found.pop()[0]
            found.append((first, end, Kind.ORGANISATION))
        else:
            found.append((first, last, kind))
    return found


def spans(tags: Sequence[str]) -> Iterator[Named]:
    """The names that *tags* (B-PER, I-PER, O …) stand for. An I without its B begins a name."""
    start: int | None = None
    for number, tag in enumerate([*tags, "O"]):
        if start is not None and tag != f"I-{tags[start][2:]}":
            yield start, number, Kind(tags[start][2:])
            start = None
        if start is None and tag != "O":
            start = number
