"""Where the words of given rules stand in a text: for showing, not for judging."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Rule
from segl_classifier.rules.pattern import PatternSet
from segl_classifier.rules.words import NormalText


@dataclass(frozen=True, slots=True)
class Highlight:
    """``start`` and ``end`` are places in a text whose white space is in order; ``rules`` are the ids of what
    found something there."""

    start: int
    end: int
    rules: tuple[str, ...]


class Highlighter:
    """Finds the words and patterns of *rules*."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        every = list(rules)
        self._lexicon: Lexicon[str] = Lexicon([(word, rule.id) for rule in every for word in rule.words])
        self._patterns: PatternSet[str] = PatternSet([(p, rule.id) for rule in every for p in rule.patterns])

    def highlights(self, text: NormalText) -> list[Highlight]:
        """The places in *text*, in order."""
        return merged(self._all(text))

    def _all(self, text: NormalText) -> Iterator[Highlight]:
        for start, end, _, names in self._lexicon.hits(text):
            for name in names:
                yield Highlight(start, end, (name,))
        encoded = text.shown.encode()
        for name in self._patterns.matching(encoded):
            for start, end in self._patterns.spans(name, encoded):
                yield Highlight(start, end, (name,))


def merged(highlights: Iterable[Highlight]) -> list[Highlight]:
    """*highlights* in order, those that overlap made one."""
    out: list[Highlight] = []
    for highlight in sorted(highlights, key=lambda m: (m.start, m.end, m.rules)):
        if out and highlight.start < out[-1].end:
            last = out[-1]
            rules = tuple(dict.fromkeys((*last.rules, *highlight.rules)))
            out[-1] = Highlight(last.start, max(last.end, highlight.end), rules)
        else:
            out.append(highlight)
    return out
