"""Finds Danish personal numbers (CPR) in text, in every spelling, and says why each is taken for one.

A number passes four stations. :mod:`.candidates` finds ten digits with a day and a month in them, however
they are spelled, and :mod:`.split` those whose date and last four digits stand apart; :mod:`.calendar` asks
whether somebody can have been born on that day; :mod:`.context` and :mod:`.tables` read the words beside the
number (:mod:`.named` those a word further off) and the heading over it, :mod:`.titles` what stands over its
table; :mod:`.score` adds up. The words themselves, in five languages, are data in :mod:`.words`.

No finding holds a whole number: the excerpt is masked, and all other numbers in its neighbourhood with it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from segl.vocabulary import MOST_NUMBERS, Adjustment, Finding, Label
from segl_classifier.cpr.calendar import this_day
from segl_classifier.cpr.judge import Judged, judge, without_overlaps
from segl_classifier.cpr.level import level
from segl_classifier.cpr.masked import excerpts
from segl_classifier.cpr.sameness import different_first, mark
from segl_classifier.cpr.score import THRESHOLD
from segl_classifier.cpr.shape import digits_in, shape_of
from segl_classifier.message import Text
from segl_classifier.paragraphs import lines_ended
from segl_classifier.tidy import KEPT_APART, closed_up, has_covered, opened

__all__ = ["MOST_DOUBTFUL", "MOST_FINDINGS", "THRESHOLD", "find_cpr", "with_lines_ended"]

FEWEST_DIGITS = 6  # in a text that can hold a number: the others may be written as letters
MOST_FINDINGS = MOST_NUMBERS  # of one text; one more then says how many there were
MOST_DOUBTFUL = 5  # below the threshold, kept to explain why they do not count


def find_cpr(text: Text, *, today: date | None = None) -> list[Finding]:
    """The personal numbers in *text*, and the nearest misses with a score below ``THRESHOLD``.

    *today* is the last day on which somebody can have been born; the computer's date when it is not given.
    Never raises; the time taken grows with the length of the text and no faster.
    """
    text = with_lines_ended(text)
    if not has_covered(text.text):
        return _found(replace(text, text=closed_up(text.text)) if KEPT_APART in text.text else text, today)
    # Closed up its label is as near as a reader sees it; with covered cells as empty ones its heading is above it.
    near = _found(replace(text, text=closed_up(text.text)), today)
    in_columns = _found(replace(text, text=opened(text.text)), today)
    best: dict[int, float] = {}
    for finding in near:
        best[finding.number] = max(finding.score, best.get(finding.number, 0.0))
    more = [f for f in in_columns if f.score >= THRESHOLD and f.score > best.get(f.number, 0.0)]
    found_better = {f.number for f in more if f.number}
    return [*(f for f in near if f.number not in found_better), *more]


def with_lines_ended(text: Text) -> Text:
    """*text* with each row of a table in one line, whatever stands in its cells: so its headings are found."""
    ended = lines_ended(text.text)
    return text if ended is text.text else replace(text, text=ended)


def _found(text: Text, today: date | None) -> list[Finding]:
    shape = shape_of(text.text)
    if digits_in(shape) < FEWEST_DIGITS:
        return []
    plain, numbers, complete = _read(text, shape, today or this_day())
    certain = [number for number in numbers if number.score >= THRESHOLD]
    doubtful = [number for number in numbers if number.score < THRESHOLD]
    nearest = sorted(doubtful, key=lambda number: -number.score)[:MOST_DOUBTFUL]
    if len(certain) > MOST_FINDINGS:
        certain = different_first(certain)
    shown = [*certain[:MOST_FINDINGS], *nearest]
    findings = [
        Finding(number.rule, Label.CPR, text.where, excerpt, number.score, number.steps, number=mark(number))
        for number, excerpt in zip(shown, excerpts(plain, numbers, shown), strict=True)
    ]
    more = len(certain) - MOST_FINDINGS
    if more > 0 or not complete:
        counted = f"{max(more, 0)} more numbers" if complete else "more numbers than were looked at"
        reason = Adjustment(f"{counted} in the same text", THRESHOLD)
        findings.append(Finding("cpr", Label.CPR, text.where, "", THRESHOLD, (reason,)))
    return findings


def read_numbers(text: Text) -> tuple[str, list[Judged]]:
    """The text made plain, each character in its place, and every number in it, whatever its score."""
    plain, numbers, _ = _read(text, shape_of(text.text), this_day())
    return plain, numbers


def _read(text: Text, shape: bytes, today: date) -> tuple[str, list[Judged], bool]:
    """The text made plain, the numbers in it, and whether all were looked at. What making plain may have
    spoilt is found in the text as it stands."""
    first = judge(text, shape, today)
    plain = level(text.text)
    if plain is text.text:
        return plain, first.numbers, first.complete
    second = judge(replace(text, text=plain), shape_of(plain), today)
    numbers = without_overlaps([*second.numbers, *first.numbers])
    return plain, numbers, first.complete and second.complete
