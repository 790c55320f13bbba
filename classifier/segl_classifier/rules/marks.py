"""Where the words of given rules stand in a text: for showing, not for judging."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Rule
from segl_classifier.rules.pattern import PatternSet
from segl_classifier.rules.words import NormalText


@dataclass(frozen=True, slots=True)
class Mark:
    """``start`` and ``end`` are places in a text whose white space is in order; ``rules`` are the ids of what
    found something there."""

    start: int
    end: int
    rules: tuple[str, ...]


class Marker:
    """Finds the words and patterns of *rules*."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        every = list(rules)
        self._lexicon: Lexicon[str] = Lexicon([(word, rule.id) for rule in every for word in rule.words])
        self._patterns: PatternSet[str] = PatternSet([(p, rule.id) for rule in every for p in rule.patterns])

    def marks(self, text: NormalText) -> list[Mark]:
        """The places in *text*, in order."""
        return merged(self._all(text))

    def _all(self, text: NormalText) -> Iterator[Mark]:
        for start, end, _, names in self._lexicon.hits(text):
            for name in names:
                yield Mark(start, end, (name,))
        encoded = text.shown.encode()
        for name in self._patterns.matching(encoded):
            for start, end in self._patterns.spans(name, encoded):
                yield Mark(start, end, (name,))


def merged(marks: Iterable[Mark]) -> list[Mark]:
    """*marks* in order, those that overlap made one."""
    out: list[Mark] = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end, m.rules)):
        if out and mark.start < out[-1].end:
            last = out[-1]
            rules = tuple(dict.fromkeys((*last.rules, *mark.rules)))
            out[-1] = Mark(last.start, max(last.end, mark.end), rules)
        else:
            out.append(mark)
    return out
