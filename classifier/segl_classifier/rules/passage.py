"""The surroundings of a hit, and what marks stand in them.

A passage is about 45 words around a hit. The marks (words of the named lists) are looked up only when a
condition asks: which of them stand in the passage once, where those of a list stand when that list is asked
for. For the parts of a text where nothing was found nothing is done but what one pass over all of it does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from segl_classifier.rules.model import Condition, Scope, Within, WordList
from segl_classifier.rules.pattern import Pattern, PatternSet
from segl_classifier.rules.words import NormalText, Word, spellings, tokens
from segl_classifier.stops import ends_none

_LEFT, _RIGHT = 22, 30  # words
_CHARS = 300  # and no more characters than this to a side
_SHARE = 60  # a hit so close after the one a passage was made for belongs to the same passage

_PLACES = 16  # marks of one pattern that are looked at in one passage
_SHORT = 60  # characters: a line no longer is not a line of running text

# Where a sentence may end: before a capital, and at the end of a line. Written with one set of characters in
# front, so that the search leaps from one of them to the next.
_STOP = re.compile(r"[.!?\n](?:(?<=\n)|[\"')»”]*\s+(?=[A-ZÆØÅÄÖÜ\"'«»“(]))")

Mark = tuple[int, int, str]  # start, end, the word as the list writes it


class Marker:
    """Finds the marks of the named lists that conditions ask for.

    Most are single words of Latin letters: those are told by the set of the words that a passage has. The
    ``others`` (several words, parts of words, other letters) are looked for in the whole text, along with the words of
    rules, and ``patterns``, whether they match anywhere.
    """

    __slots__ = ("_patterns", "_tokens", "_wanted", "others", "patterns")

    def __init__(self, conditions: Iterable[Condition], lists: Mapping[str, WordList]) -> None:
        # Marks are kept by the list that has the word itself; a condition may name one that includes it.
        self._wanted = {
            condition.lists: tuple((name, part) for name in condition.lists for part in lists[name].parts)
            for condition in conditions
        }
        carriers = sorted({part for wanted in self._wanted.values() for _, part in wanted})
        self.others: list[tuple[Word, str]] = []
        by_token: dict[bytes, list[tuple[str, Word, str]]] = {}
        for part in carriers:
            for word in lists[part].words:
                forms = spellings(word)
                if not word.is_token or any(needle is None for _, needle in forms):
                    self.others.append((word, part))
                    continue
                for spelling, needle in forms:
                    by_token.setdefault((needle or b"").strip(), []).append((spelling, word, part))
        self._tokens = {token: tuple(found) for token, found in by_token.items()}
        self.patterns: tuple[tuple[Pattern, str], ...] = tuple(
            (pattern, part) for part in carriers for pattern in lists[part].patterns
        )
        self._patterns = PatternSet(self.patterns)

    def wanted(self, condition: Condition) -> tuple[tuple[str, str], ...]:
        """The lists that *condition* names, each with every list that it includes."""
        return self._wanted[condition.lists]

    def tokens(self, flat: str) -> dict[str, list[tuple[str, Word]]]:
        """The single words of the lists that stand in *flat*, by list, each as it is spelt there. Now and
        then one too many: a word that has a letter beside it that Latin-1 lacks."""
        found: dict[str, list[tuple[str, Word]]] = {}
        for token in self._tokens.keys() & tokens(flat):
            for spelling, word, part in self._tokens[token]:
                found.setdefault(part, []).append((spelling, word))
        return found

    def patterned(self, part: str, shown: str) -> list[Mark]:
        """The marks of the patterns of the list *part* in *shown*, a piece of a text."""
        spans = islice(self._patterns.spans(part, shown.encode()), _PLACES)
        return [(*_without_edges(shown, start, end), f"pattern of {part}") for start, end in spans]


@dataclass(frozen=True, slots=True)
class Marked:
    """A text, who finds its marks, the lists of which a pattern matches somewhere in it, and the marks of *others* that
    were found in it, by their ends, each with its list."""

    marker: Marker
    text: NormalText
    patterned: frozenset[str] = frozenset()
    others: Sequence[tuple[Mark, str]] = ()
    _ends: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", [end for (_, end, _), _ in self.others])

    def others_in(self, low: int, high: int) -> dict[str, list[Mark]]:
        """Those from *low* to *high*, by list."""
        found: dict[str, list[Mark]] = {}
        first, behind = bisect_right(self._ends, low), bisect_right(self._ends, high)
        for mark, part in self.others[first:behind]:
            if mark[0] >= low:
                found.setdefault(part, []).append(mark)
        return found


class Stretch:
    """A piece of a text and the words of lists in it, found as far as they are asked for; positions are those
    of the whole text."""

    __slots__ = ("_high", "_located", "_low", "_others", "_source", "_tokens", "lists")

    def __init__(self, source: Marked, low: int, high: int) -> None:
        self._source = source
        self._low = low
        self._high = high
        self._tokens = source.marker.tokens(source.text.flat[low:high])
        self._others = source.others_in(low, high)
        self._located: dict[str, list[Mark]] = {}
        self.lists = self._tokens.keys() | self._others.keys()  # those that have a word here

    def marks(self, part: str) -> Sequence[Mark]:
        """The marks of the words of the list *part*, in order."""
        tokens, others = self._tokens.get(part, ()), self._others.get(part, ())
        if not tokens:
            return others
        marks = self._located.get(part)
        if marks is None:
            text = self._source.text
            located = [
                (start, start + len(spelling), word.text)
                for spelling, word in tokens
                for start in _places(spelling, text.flat, self._low, self._high)
                if word.is_written_so(text.shown, start)
            ]
            marks = self._located[part] = sorted([*located, *others])
        return marks


class Passage:
    """The surroundings of a hit. A condition that looks less far than they reach is asked of the smaller
    stretch: most hits end there, for want of a person in the sentence."""

    __slots__ = ("_high", "_low", "_patterned", "_sentences", "_source", "_stretches", "share_until")

    def __init__(self, source: Marked, low: int, high: int, share_until: int = 0) -> None:
        self._source = source
        self._low = low
        self._high = min(high, len(source.text.flat))
        self._stretches: dict[tuple[int, int], Stretch] = {}
        self._patterned: dict[str, list[Mark]] = {}
        self._sentences: dict[
            tuple[int, int], tuple[int, int]
        ] = {}  # each condition of a rule asks for the same
        self.share_until = share_until

    @classmethod
    def around(cls, source: Marked, start: int, end: int) -> Passage:
        """The passage of the hit at *start* to *end*."""
        flat = source.text.flat
        low = _words_before(flat, start, max(0, start - _CHARS), _LEFT)
        return cls(source, low, _words_after(flat, end, end + _CHARS, _RIGHT), end + _SHARE)

    def find(self, condition: Condition, start: int, end: int) -> str | None:
        """The word by which *condition* holds for the hit at *start* to *end*.

        A mark may stand within the hit ("din" in "din ansøgning"), but the hit itself is no mark. Of phrases those
        count that hold the hit and more.
        """
        phrase = condition.within is Scope.PHRASE
        low, high = self._reach(condition.within, start, end)
        for name, (begin, stop, shown) in self._marks(condition, low, high):
            holds = begin <= start and stop >= end
            counts = stop - begin > end - start if phrase and holds else not phrase and not holds
            if low <= begin and stop <= high and counts:
                return f"{name} “{shown}”"
        return None

    def any(self, condition: Condition) -> str | None:
        """The word by which *condition* holds anywhere in the passage."""
        marks = self._marks(condition, self._low, self._high)
        return next((f"{name} “{mark[2]}”" for name, mark in marks), None)

    def _marks(self, condition: Condition, low: int, high: int) -> Iterator[tuple[str, Mark]]:
        """The marks of the lists of *condition*: words from *low* to *high*, then patterns, which are dearer to
        find, anywhere in the passage: the test of an edge takes up a character that may lie beyond."""
        wanted = self._source.marker.wanted(condition)
        stretch = self._stretches.get((low, high))
        if stretch is None:
            stretch = self._stretches[low, high] = Stretch(self._source, low, high)
        if stretch.lists:
            for name, part in wanted:
                if part in stretch.lists:
                    for mark in stretch.marks(part):
                        yield name, mark
        if self._source.patterned:
            for name, part in wanted:
                if part in self._source.patterned:
                    for mark in self._patterns(part):
                        yield name, mark

    def _patterns(self, part: str) -> Sequence[Mark]:
        """The marks of the patterns of the list *part* in the passage."""
        marks = self._patterned.get(part)
        if marks is None:
            low = self._low
            here = self._source.marker.patterned(part, self._source.text.shown[low : self._high])
            marks = self._patterned[part] = [(start + low, end + low, shown) for start, end, shown in here]
        return marks

    def _reach(self, within: Within, start: int, end: int) -> tuple[int, int]:
        """From where to where a mark may stand."""
        if isinstance(within, int):
            flat = self._source.text.flat
            low = _words_before(flat, start, self._low, within + 1)
            return low, _words_after(flat, end, self._high, within + 1)
        if within is Scope.SENTENCE:
            return self.sentence(start, end)
        return self._low, self._high

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """From where to where the sentence goes in which the hit at *start* to *end* stands."""
        found = self._sentences.get((start, end))
        if found is None:
            found = self._sentences[start, end] = self._sentence(start, end)
        return found

    def _sentence(self, start: int, end: int) -> tuple[int, int]:
        low = self._low
        for stop in _sentence_ends(self._source.text.shown, self._low, self._high):
            if stop <= start:
                low = stop
            if stop >= end:
                return low, stop
        return low, self._high


def _places(token: str, flat: str, low: int, high: int) -> Iterator[int]:
    """Where *token* stands in ``flat[low:high]`` as a whole word."""
    end = low
    while (start := flat.find(token, end, high)) >= 0:
        end = start + len(token)
        if not (start and flat[start - 1].isalnum()) and not (end < len(flat) and flat[end].isalnum()):
            yield start


def _without_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """*start* and *end* of a pattern's match without the blanks at its edges, which belong to the sentences beside."""
    matched = text[start:end]
    return end - len(matched.lstrip()), start + len(matched.rstrip())


def _words_before(flat: str, start: int, low: int, count: int) -> int:
    """Where the last *count* words before *start* begin, not before *low*."""
    words = flat[low:start].rsplit(" ", count)
    return low + len(words[0]) + 1 if len(words) > count else low


def _words_after(flat: str, end: int, high: int, count: int) -> int:
    """Where the first *count* words after *end* end, not after *high*."""
    words = flat[end:high].split(" ", count)
    last = min(high, len(flat))
    return last - len(words[-1]) - 1 if len(words) > count else last


def _sentence_ends(text: str, low: int, high: int) -> Iterator[int]:
    """Where sentences end in ``text[low:high]``: before a capital, at a blank line, at the end of a short line
    (list, table)."""
    line = low
    for match in _STOP.finditer(text, low, high):
        end = match.end()
        if text[end - 1] != "\n":
            if match[0][0] != "." or not ends_none(text, match.start(), end):
                yield end
            continue
        if match[0] != "\n" or end - line <= _SHORT or text[end : end + 1] == "\n":
            yield end
        line = end
