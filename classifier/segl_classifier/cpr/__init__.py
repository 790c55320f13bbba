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
from segl_classifier.cpr.judge import Judged, judge
from segl_classifier.cpr.masked import excerpts
from segl_classifier.cpr.score import THRESHOLD
from segl_classifier.message import Text

__all__ = ["MOST_DOUBTFUL", "MOST_FINDINGS", "THRESHOLD", "find_cpr"]

MOST_FINDINGS = 50  # of one text; one more then says how many there were
MOST_DOUBTFUL = 10  # below the threshold, kept to explain why they do not count


def find_cpr(text: Text, *, today: date | None = None) -> list[Finding]:
    """The personal numbers in *text*, and the nearest misses with a score below ``THRESHOLD``.

    *today* is the last day on which somebody can have been born; the computer's date when it is not given.
    Never raises; the time taken grows with the length of the text and no faster.
    """
    judged = judge(text, today or this_day())
    certain = [j for j in judged if j.score >= THRESHOLD]
    doubtful = sorted((j for j in judged if j.score < THRESHOLD), key=lambda j: -j.score)[:MOST_DOUBTFUL]
    shown = [*certain[:MOST_FINDINGS], *doubtful]
    findings = [
        Finding(j.rule, Label.CPR, text.where, excerpt, j.score, j.steps)
        for j, excerpt in zip(shown, excerpts(text.text, judged, shown), strict=True)
    ]
    more = len(certain) - MOST_FINDINGS
    if more > 0:
        findings.append(_more(certain, more, text.where))
    return findings


def _more(certain: list[Judged], more: int, where: str) -> Finding:
    reason = Adjustment(f"{more} more numbers in the same text", certain[-1].score)
    return Finding("cpr", Label.CPR, where, "", certain[-1].score, (reason,))
