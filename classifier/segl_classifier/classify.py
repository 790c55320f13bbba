"""A message's way through the classifier, one line a stage: parse, extract, detect, decide.

Nothing here raises on any input: a stage that fails is a finding ``unreadable.failed``, and what could
not be read is never plain (promise 2 of the design).
"""

from __future__ import annotations

from segl.settings import Limits
from segl.vocabulary import Decision, Finding, Unreadable, Verdict
from segl_classifier.cpr import find_cpr
from segl_classifier.decide import decide
from segl_classifier.extract import extract
from segl_classifier.message import Text, unreadable
from segl_classifier.parse import parse
from segl_classifier.rules import RuleSet

_LIMITS = Limits()


def classify(
    raw: bytes,
    rules: RuleSet,
    limits: Limits = _LIMITS,
    *,
    on_unreadable: Decision = Decision.SECURE,
) -> Verdict:
    """The verdict on *raw*, a message as SMTP carries it (RFC 5322), with all its evidence."""
    findings: list[Finding] = []
    try:
        message = parse(raw, limits)
        texts, unread = extract(message, limits)
        findings += unread
        findings += detect(texts, rules)
    except Exception as error:  # a bug of ours must not let a message out unread
        findings.append(unreadable(Unreadable.FAILED, "message", type(error).__name__))
    return decide(findings, rules, on_unreadable=on_unreadable)


def detect(texts: list[Text], rules: RuleSet) -> list[Finding]:
    """What the detectors find in *texts*: personal numbers, and the words of the rules."""
    return [*(f for text in texts for f in find_cpr(text)), *rules.find(texts)]
