"""Numbers that stand in words, as somebody says them on the telephone: "nul syv nul syv enogtres, toogfyrre femogfirs".
They are made figures, in which numbers are looked for as in any others.

Only runs of words that make a number or a part of one are: four figures, six, ten, or those of a date with its whole
year. The text keeps its length: behind the figures stand signs that show nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import re2

from segl_classifier.cpr.spelling.number_words import (
    AND,
    BELOW_HUNDRED,
    HUNDRED,
    MONTHS,
    ORDINALS,
    SAID_BETWEEN,
    TEENS,
    TENS_FIRST,
    TENS_LAST,
    THOUSAND,
    UNITS,
)
from segl_classifier.cpr.vocabulary.mentions import mentions_cpr
from segl_classifier.latin import latin_options, small_letters

GONE = "\u200b"  # in the place of a word

_TOKEN = re.compile(r"[^\W\d_]+|[0-9]+")
_BETWEEN = re.compile(r"[ \t\r\n>,.;:/()\u2013\u2014-]{1,8}")
_FIGURES = frozenset((4, 6, 8, 10, 12))
_BEGINS_WITH_DAY = re.compile(r"(?:0[1-9]|[12678]\d|[39][01])(?:0[1-9]|1[0-2])")
# Behind such another number may begin, or a word as "En", which is one, too.
_STOP, _PAUSE = re.compile(r"\n|[.;:]\s"), re.compile(r"\n|[.,;:]\s")
_WHOLE_YEAR = ("18", "19", "20")
_MOST_SAID = 2  # words between two parts
_FEWEST = 2  # words of one run
_NEAR = 200  # characters, more than a number in words has
# "De sidste fire": how many there are.
_LAST = frozenset(("sidste", "siste", "sista", "last", "final", "letzten"))


def _any_of(words: Iterable[str]) -> str:
    return "|".join(words)


_TENS = _any_of(TENS_LAST | TENS_FIRST)
_WORD = (
    rf"(?:(?:{_any_of(UNITS)})(?:(?:og|und)(?:{_TENS}))?|(?:{_TENS})(?:{_any_of(UNITS)})?|{_any_of(TEENS)})"
)
# Two words side by side, of small letters, so that one look tells whether there may be any.
_TWO = re2.compile(
    rf"(?:^|[^a-z\xdf-\xff]){_WORD}[^a-z0-9]{{1,4}}(?:(?:{_any_of(sorted(SAID_BETWEEN))})[^a-z0-9]{{1,3}})?"
    rf"(?:{_WORD}|{_any_of(HUNDRED + THOUSAND)})(?:$|[^a-z\xdf-\xff])".encode("latin-1"),
    latin_options(),
)


class _Item(NamedTuple):
    """A part of a number in ``text[start:end]``, which stands in so many *words*. ``last`` is its last token."""

    start: int
    end: int
    figures: str
    words: int
    last: int


def may_be_spoken(text: str) -> bool:
    """Whether a personal number may stand in *text* in words: so only where it has a word for the personal number."""
    return _TWO.search(small_letters(text)) is not None and mentions_cpr(text)


def in_figures(text: str) -> str:
    """*text* with figures for the numbers in words; *text* itself when there are none."""
    if not may_be_spoken(text):
        return text
    parts: list[str] = []
    done = 0
    for low, high in _near_words(text):
        for start, end, figures in _runs(text, list(_TOKEN.finditer(text, low, high))):
            parts += (text[done:start], figures.ljust(end - start, GONE))
            done = end
    return "".join((*parts, text[done:])) if parts else text


def _near_words(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of *text* in which two words for numbers stand side by side, and what is near."""
    low = high = 0
    for found in _TWO.finditer(small_letters(text)):
        if high and found.start() - _NEAR > high:
            yield low, high
            high = 0
        low = low if high else max(0, found.start() - _NEAR)
        high = found.end() + _NEAR
    if high:
        yield low, high


def _runs(text: str, tokens: Sequence[re.Match[str]]) -> Iterator[tuple[int, int, str]]:
    """Where the runs of *tokens* begin and end that make a number or a part of one, and their figures."""
    at = 0
    while at < len(tokens):
        run: list[_Item] = []
        while (item := _item(tokens, _behind(text, tokens, run[-1].last) if run else at)) is not None:
            run.append(item)
        for part in _parts(text, run):
            figures = _figures(part)
            if figures is not None and len(figures) <= part[-1].end - part[0].start:
                yield part[0].start, part[-1].end, figures
        at = run[-1].last + 1 if run else at + 1


def _parts(text: str, run: Sequence[_Item]) -> Sequence[Sequence[_Item]]:
    """The parts of *run* to make figures of: all of it where that is a number or half of one. Else several numbers are
    said, or a word as "En" stands before or behind: numbers within a sentence go before those over its end."""
    if not run or _figures(run) is not None:
        return [run] if run else []
    said = _stretches(text, run, _STOP)
    numbers = [number for stretch in said for number in _whole_numbers(stretch)] or list(_whole_numbers(run))
    taken = {item for number in numbers for item in number}
    rest = [stretch for stretch in said if taken.isdisjoint(stretch)]
    halves = [half for stretch in rest for half in _halves(text, stretch)]
    return sorted((*numbers, *halves), key=lambda part: part[0])


def _halves(text: str, stretch: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """What is half a number: all of *stretch*, or what stands in it between commas."""
    parts = [stretch] if _figures(stretch) is not None else _stretches(text, stretch, _PAUSE)
    return (part for part in parts if _figures(part) is not None)


def _stretches(text: str, run: Sequence[_Item], pause: re.Pattern[str]) -> list[Sequence[_Item]]:
    """*run*, parted at each *pause*."""
    ends = [at for at in range(1, len(run)) if pause.search(text, run[at - 1].end, run[at].start)]
    return [run[low:high] for low, high in pairwise((0, *ends, len(run)))]


def _whole_numbers(run: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """What in *run* is a whole number that begins with a day, from left to right."""
    at = 0
    while at < len(run):
        end = _end_of_number(run, at)
        if end is not None:
            yield run[at:end]
        at = end or at + 1


def _end_of_number(run: Sequence[_Item], at: int) -> int | None:
    """Where the number ends that begins with item *at*; the longer one where its year may have two figures or four."""
    figures, found = "", None
    for end, item in enumerate(run[at : at + max(_FIGURES)], at + 1):
        figures += item.figures
        if len(figures) in (10, 12) and _BEGINS_WITH_DAY.match(figures) and _figures(run[at:end]) is not None:
            found = end
    return found


def _figures(run: Sequence[_Item]) -> str | None:
    """The figures of *run*, if they may be those of a number."""
    words = sum(item.words for item in run)
    figures = "".join(item.figures for item in run)
    if words < _FEWEST or len(figures) not in _FIGURES:
        return None
    if len(figures) in (8, 12) and figures[4:6] not in _WHOLE_YEAR:
        return None
    return figures if len(figures) < 12 else f"{figures[:8]}-{figures[8:]}"


def _behind(text: str, tokens: Sequence[re.Match[str]], last: int) -> int:
    """Which token goes on with the run whose last one is *last*; none that there is, if it ends there."""
    at = last + 1
    while at < len(tokens) and at - last <= _MOST_SAID + 1:
        if _BETWEEN.fullmatch(text, tokens[at - 1].end(), tokens[at].start()) is None:
            break
        if tokens[at][0].lower() not in SAID_BETWEEN:
            return at
        at += 1
    return len(tokens)


def _item(tokens: Sequence[re.Match[str]], at: int) -> _Item | None:
    """The part of a number that begins with token *at*."""
    if at >= len(tokens):
        return None
    word = tokens[at][0].lower()
    if word[0].isdecimal():
        return _Item(tokens[at].start(), tokens[at].end(), word, words=0, last=at)
    named = ORDINALS.get(word) or MONTHS.get(word)
    if named is not None:
        figures, last = f"{named:02}", at
    elif (below := _below_hundred(tokens, at)) is not None and not (
        at and tokens[at - 1][0].lower() in _LAST
    ):
        figures, last = _with_hundreds(tokens, *below)
    else:
        return None
    return _Item(tokens[at].start(), tokens[last].end(), figures, words=last - at + 1, last=last)


def _with_hundreds(tokens: Sequence[re.Match[str]], value: int, last: int) -> tuple[str, int]:
    """The figures of *value*, of thousands or hundreds where they are said: "tolv hundrede fireogtredive"."""
    figures, said = str(value), _word_behind(tokens, last)
    if said in THOUSAND:
        last += 1
        more = _rest(tokens, last)
        if more is None:
            return f"{figures}000", last
        value, at = more
        if _word_behind(tokens, at) not in HUNDRED:
            return f"{figures}{value:03}", at
        figures, last, said = f"{figures}{value}", at, _word_behind(tokens, at)
    if said in HUNDRED:
        last += 1
        more = _rest(tokens, last)
        return (f"{figures}00", last) if more is None else (f"{figures}{more[0]:02}", more[1])
    return figures, last


def _rest(tokens: Sequence[re.Match[str]], last: int) -> tuple[int, int] | None:
    """What is below a hundred behind token *last*, and its last token."""
    return _below_hundred(tokens, last + 1 + (_word_behind(tokens, last) in AND))


def _below_hundred(tokens: Sequence[re.Match[str]], at: int) -> tuple[int, int] | None:
    """The value that begins with token *at*, and its last token: "enogtyve", "en og tyve", "sixty one"."""
    word = tokens[at][0].lower() if at < len(tokens) else ""
    value = BELOW_HUNDRED.get(word)
    if value is None:
        return None
    follows = _word_behind(tokens, at)
    if word in TENS_FIRST and UNITS.get(follows, 0):
        return value + UNITS[follows], at + 1
    if word in UNITS and value and follows in AND:
        tens = _word_behind(tokens, at + 1)
        more = TENS_LAST.get(tens) or TENS_FIRST.get(tens)
        if more:
            return value + more, at + 2
    return value, at


def _word_behind(tokens: Sequence[re.Match[str]], at: int) -> str:
    """The word behind token *at*, in small letters; nothing where more than a blank or a hyphen stands between."""
    if at + 1 >= len(tokens):
        return ""
    one, other = tokens[at : at + 2]
    return other[0].lower() if one.string[one.end() : other.start()] in ("", " ", "-") else ""
