"""Rules that want several different words in one place (``distinct``), or writing in notes there (``notes``).

One such word is in any letter, some of them are a language: "obs.", "ve." or "40 mg" say little, and "67-årig, brystsm.
m. udstråling ve. arm, ST-elev., trop. 380" is a note on a patient, whatever two or three of its words are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from segl_classifier.rules.model import Rule
from segl_classifier.rules.notes import REACH, is_notes

Hit = tuple[int, int, int]  # start, end, number of the rule

_EDGES = " \t\n.,:;|<>=+/()-0123456789"
_STEP = 100  # characters: of a long line the writing is looked at so often, not at each hit


def in_crowds(hits: list[Hit], rules: Mapping[int, Rule], text: str) -> list[Hit]:
    """*hits*, in the order of their places in *text*, without those of one of *rules* from which on, within ``REACH``,
    fewer different words of it follow than it wants, or no notes. What overlaps counts once."""
    if not any(number in rules for _, _, number in hits):
        return hits
    kept: list[Hit] = []
    for number, group in groupby(sorted(hits, key=itemgetter(2)), key=itemgetter(2)):
        own = list(group)
        if (rule := rules.get(number)) is None:
            kept += own
        elif len(own) >= rule.distinct:  # in most texts most rules have fewer, however they are counted
            kept += _crowded(_apart(own), rule, text)
    return sorted(kept)


def _apart(hits: Sequence[Hit]) -> list[Hit]:
    """*hits* without those that begin within one before."""
    kept: list[Hit] = []
    for hit in hits:
        if not kept or hit[0] >= kept[-1][1]:
            kept.append(hit)
    return kept


def _crowded(hits: Sequence[Hit], rule: Rule, text: str) -> Iterator[Hit]:
    """Those of *hits*, all of *rule*, apart and in order, that have enough of its words behind them."""
    words = [text[start:end].casefold().strip(_EDGES) for start, end, _ in hits]
    if len(set(words)) < rule.distinct:
        return
    within: Counter[str] = Counter()
    judged: dict[int, bool] = {}
    last = 0  # the first hit that is out of reach
    for first, hit in enumerate(hits):
        while last < len(hits) and hits[last][0] <= hit[0] + REACH:
            within[words[last]] += 1
            last += 1
        if len(within) >= rule.distinct and (not rule.notes or _in_notes(text, hit[0], judged)):
            yield hit
        within[words[first]] -= 1
        if not within[words[first]]:
            del within[words[first]]


def _in_notes(text: str, at: int, judged: dict[int, bool]) -> bool:
    """Whether the writing around *at* is notes: from the beginning of its line, or some words before, on."""
    begin = max(text.rfind("\n", max(0, at - REACH // 2), at) + 1, (at - REACH // 2) // _STEP * _STEP, 0)
    if begin not in judged:
        judged[begin] = is_notes(text[begin : begin + REACH])
    return judged[begin]
