"""Finds Danish personal numbers (CPR) in text, in every spelling, and says why each is taken for one.

A number passes four stations. :mod:`.candidates` finds ten digits with a day and a month in them, however
they are spelled; :mod:`.calendar` asks whether somebody can have been born on that day; :mod:`.context` and
:mod:`.tables` read the words beside the number and the heading over it; :mod:`.score` adds up. The words
themselves, in five languages, are data in :mod:`.words`.

No finding holds a whole number: the excerpt is masked, and all other numbers in its neighbourhood with it.
"""

from __future__ import annotations

from datetime import date

from segl.vocabulary import Adjustment, Finding, Label
from segl_classifier.cpr.calendar import this_day
from segl_classifier.cpr.judge import judge
from segl_classifier.cpr.masked import excerpts
from segl_classifier.cpr.score import THRESHOLD
from segl_classifier.message import Text

__all__ = ["MOST_DOUBTFUL", "MOST_FINDINGS", "THRESHOLD", "find_cpr"]

MOST_FINDINGS = 50  # of one text; one more then says how many there were
MOST_DOUBTFUL = 5  # below the threshold, kept to explain why they do not count


def find_cpr(text: Text, *, today: date | None = None) -> list[Finding]:
    """The personal numbers in *text*, and the nearest misses with a score below ``THRESHOLD``.

    *today* is the last day on which somebody can have been born; the computer's date when it is not given.
    Never raises; the time taken grows with the length of the text and no faster.
    """
    judgement = judge(text, today or this_day())
    certain = [number for number in judgement.numbers if number.score >= THRESHOLD]
    doubtful = [number for number in judgement.numbers if number.score < THRESHOLD]
    nearest = sorted(doubtful, key=lambda number: -number.score)[:MOST_DOUBTFUL]
    shown = [*certain[:MOST_FINDINGS], *nearest]
    findings = [
        Finding(number.rule, Label.CPR, text.where, excerpt, number.score, number.steps)
        for number, excerpt in zip(shown, excerpts(text.text, judgement.numbers, shown), strict=True)
    ]
    more = len(certain) - MOST_FINDINGS
    if more > 0 or not judgement.complete:
        counted = f"{max(more, 0)} more numbers" if judgement.complete else "more numbers than were looked at"
        reason = Adjustment(f"{counted} in the same text", THRESHOLD)
        findings.append(Finding("cpr", Label.CPR, text.where, "", THRESHOLD, (reason,)))
    return findings
