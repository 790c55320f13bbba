"""The numbers of one text: every reading of it judged, and the findings that come of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from segl.vocabulary import MOST_NUMBERS, Adjustment, Finding, Label
from segl_classifier.cpr.calendar import this_day
from segl_classifier.cpr.judging.judge import NumbersFound, ScoredNumber, judge, without_overlaps
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.cpr.shown.masked import excerpts
from segl_classifier.cpr.shown.sameness import different_first, mark
from segl_classifier.cpr.spelling.level import level
from segl_classifier.cpr.spelling.misread import with_digits
from segl_classifier.cpr.spelling.shape import digits_in, shape_of
from segl_classifier.cpr.spelling.spoken import GONE, in_figures, may_be_spoken
from segl_classifier.cpr.written import Written
from segl_classifier.layout.tidy import closed_up, has_covered, opened
from segl_classifier.message import Text

# In a text that can hold a number, unless it is in words: the others may be written as letters.
FEWEST_DIGITS = 6
_RAISED = "¹²³"  # letters to the shape of a text: square metres have them
MOST_FINDINGS = MOST_NUMBERS  # of one text; one more then says how many there were
MOST_DOUBTFUL = 5  # below the threshold, kept to explain why they do not count


def find_cpr(text: Text, *, today: date | None = None) -> list[Finding]:
    """The personal numbers in *text*, and the nearest misses with a score below ``THRESHOLD``.

    *today* is the last day on which somebody can have been born; the computer's date when it is not given.
    Never raises; the time taken grows with the length of the text and no faster.
    """
    if digits_in(shape_of(text.text)) < FEWEST_DIGITS and not _may_be_otherwise(text.text):
        return []
    written = Written.of(text)
    near = _found(written.made(closed_up), today)
    if not has_covered(text.text):
        return near
    # Closed up its label is as near as a reader sees it; with covered cells as empty ones its heading is above it.
    in_columns = _found(written.made(opened), today)
    best: dict[int, float] = {}
    for finding in near:
        best[finding.number] = max(finding.score, best.get(finding.number, 0.0))
    more = [f for f in in_columns if f.score >= THRESHOLD and f.score > best.get(f.number, 0.0)]
    found_better = {f.number for f in more if f.number}
    return [*(f for f in near if f.number not in found_better), *more]


def _may_be_otherwise(text: str) -> bool:
    """Whether a number may stand in *text* with few digits or none."""
    return may_be_spoken(text) or with_digits(text) is not text or sum(map(text.count, _RAISED)) > 0


def _found(written: Written, today: date | None) -> list[Finding]:
    text = written.text
    plain, numbers, complete = _read(written, shape_of(text.text), today or this_day())
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


def read_numbers(written: Written) -> tuple[str, list[ScoredNumber]]:
    """The text made plain, each character in its place, and every number in it, whatever its score."""
    plain, numbers, _ = _read(written, shape_of(written.text.text), this_day())
    return plain, numbers


def _read(written: Written, shape: bytes, today: date) -> tuple[str, list[ScoredNumber], bool]:
    """The text made plain, the numbers in it, and whether all were looked at. What a line of a cell says by itself is
    read, too; of both the better counts."""
    text = written.text
    plain, readings = _both_ways(text, shape, today)
    if written.lines is not text.text:
        apart = replace(text, text=written.lines)
        readings += _both_ways(apart, shape_of(written.lines), today, text.text)[1]
    spoken = in_figures(plain)
    if spoken is not plain:
        found = judge(replace(text, text=spoken), shape_of(spoken), today)
        plain = _with_figures(plain, spoken, found.numbers)
        readings.append(found)
    if len(readings) == 1:
        return plain, readings[0].numbers, readings[0].complete
    numbers = without_overlaps([number for reading in readings for number in reading.numbers])
    return plain, numbers, all(reading.complete for reading in readings)


def _with_figures(plain: str, spoken: str, numbers: Iterable[ScoredNumber]) -> str:
    """*plain* with the figures of *spoken* where *numbers* stand in it, so that they can be masked."""
    parts: list[str] = []
    done = 0
    for number in numbers:
        end = number.end
        while spoken.startswith(GONE, end):
            end += 1
        parts += (plain[done : number.start], spoken[number.start : end])
        done = end
    return "".join((*parts, plain[done:]))


def _both_ways(
    text: Text, shape: bytes, today: date, rows: str | None = None
) -> tuple[str, list[NumbersFound]]:
    """The text made plain, and what is found in it. What making plain may have spoilt is found in the text as it
    stands."""
    first = judge(text, shape, today, rows)
    plain = level(text.text)
    if plain is text.text:
        return plain, [first]
    second = judge(replace(text, text=plain), shape_of(plain), today, None if rows is None else level(rows))
    return plain, [second, first]
