"""Texts to findings: the third stage. Personal numbers (:mod:`.cpr`), the words of the rules (:mod:`.rules`), and
writing that neither rules nor model read (:mod:`.unread_script`, :mod:`.tongues`)."""

from __future__ import annotations

from segl.vocabulary import Finding, Unreadable
from segl_classifier.cpr.across import across
from segl_classifier.cpr.calendar import this_day
from segl_classifier.cpr.find import find_cpr
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.message import Text, unreadable
from segl_classifier.rules import RuleSet
from segl_classifier.tongues import unread_language
from segl_classifier.unread_script import unread_script


def detect(texts: list[Text], rules: RuleSet, deadline: Deadline = NEVER) -> list[Finding]:
    """What the detectors find in *texts*. Where the time ends before that, a finding at the last of *texts* says so."""
    today = this_day()  # the same for all texts
    found: list[Finding] = []
    for text in texts:
        if deadline.is_over:
            break
        found += find_cpr(text, today=today)
        if text.for_model and (script := unread_script(text.text)):
            found.append(unreadable(Unreadable.UNKNOWN_SCRIPT, text.where, script))
        if text.for_model and (tongue := unread_language(text.text)):
            found.append(unreadable(Unreadable.UNKNOWN_LANGUAGE, text.where, tongue))
    else:
        found += across(texts, found, today)
    if texts and deadline.is_over:
        return [*found, unreadable(Unreadable.TIMED_OUT, texts[-1].where, "not all of it was looked into")]
    return [*found, *rules.find(texts)]
