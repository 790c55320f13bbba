"""A message's way through the classifier, one line a stage: parse, extract, detect, understand, decide.

Nothing here raises on any input: a stage that fails is a finding ``unreadable.failed``, and what could
not be read is never plain (promise 2 of the design). All stages together have ``limits.message_seconds``, less than
Postfix waits; what is left over then is ``unreadable.timed-out``. Numbers and words are looked for before the model is
asked anything: they take little, and they tell how securely the message has to go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from segl.settings_detection import Limits
from segl.vocabulary import Finding, Unreadable, Verdict
from segl_classifier.attachments import Attachments, Memory, joined
from segl_classifier.cpr import find_cpr
from segl_classifier.cpr.calendar import this_day
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.decide import Stance, decide
from segl_classifier.extract import NO_OCR, Pictures, extract
from segl_classifier.few_words import heard_alone
from segl_classifier.message import Text, unreadable
from segl_classifier.parse import parse
from segl_classifier.rules import RuleSet
from segl_classifier.spoken_words import words_of
from segl_classifier.stages import Stage, Stages
from segl_classifier.understanding.reading import Model, Understanding
from segl_classifier.unread_script import unread_script

_LIMITS = Limits()
_STANCE = Stance()


@dataclass(slots=True)
class Evidence:
    """What the stages found, as far as they came. ``understanding`` is ``None`` without a model, when it failed or had
    no time for anything: then words decide."""

    texts: list[Text] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    understanding: Understanding | None = None


def classify(
    raw: bytes,
    rules: RuleSet,
    limits: Limits = _LIMITS,
    *,
    model: Model | None = None,
    stance: Stance = _STANCE,
    also: Sequence[Finding] = (),
    pictures: Pictures = NO_OCR,
    stages: Stages | None = None,
    memory: Memory | None = None,
) -> Verdict:
    """The verdict on *raw*, a message as SMTP carries it (RFC 5322), with all its evidence. *also* is what the
    caller knows of it besides; the rest is as with :func:`gather`."""
    stages = stages or Stages()
    found = gather(raw, rules, limits, model, pictures, stages, memory)
    with stages(Stage.DECIDE):
        return decide([*found.findings, *also], rules, stance, model=model, understanding=found.understanding)


def gather(
    raw: bytes,
    rules: RuleSet,
    limits: Limits = _LIMITS,
    model: Model | None = None,
    pictures: Pictures = NO_OCR,
    stages: Stages | None = None,
    memory: Memory | None = None,
) -> Evidence:
    """Everything that the decision rests on. *stages* is told how long each stage took; *memory* has the attachments
    that the caller saw before, so that they need not be read again: without their texts and excerpts."""
    found, stages = Evidence(), stages or Stages()
    deadline = Deadline.after(limits.message_seconds)

    def timed_detect(texts: list[Text], of: RuleSet) -> list[Finding]:
        with stages(Stage.DETECT):
            return detect(texts, of, deadline)

    def timed_understand(texts: list[Text], subject: str, by: Model | None) -> Understanding | None:
        with stages(Stage.UNDERSTAND):
            return understand(texts, subject, by and by.hearing(words_of(rules)), deadline)

    try:
        with stages(Stage.PARSE):
            message = parse(raw, limits)
        attachments = Attachments(message, rules, limits, pictures, model, memory, deadline)
        with stages(Stage.EXTRACT):
            found.texts, unread = extract(
                message, limits, files=attachments.read, pictures=pictures, deadline=deadline
            )
        found.findings += unread
        found.findings += timed_detect(found.texts, rules)
        if model is not None and not attachments.found:
            with stages(Stage.DETECT):
                found.findings = heard_alone(found.findings, found.texts, rules)
        with stages(Stage.EXTRACT):
            for findings in attachments.findings(timed_detect):
                found.findings += findings
        understood = [timed_understand(found.texts, message.subject, model)]
        with stages(Stage.EXTRACT):
            understood += attachments.understood(timed_understand, before=len(found.texts))
        found.texts += attachments.texts()
        found.understanding = joined(understood)
    except Exception as error:  # a bug of ours must not let a message out unread
        found.findings.append(unreadable(Unreadable.FAILED, "message", type(error).__name__))
    if found.understanding and not found.understanding.complete:
        found.findings.append(unreadable(Unreadable.TIMED_OUT, "message", "not all of it was understood"))
        if not found.understanding.scores:
            found.understanding = None  # nothing was: that is no word for "harmless"
    return found


def detect(texts: list[Text], rules: RuleSet, deadline: Deadline = NEVER) -> list[Finding]:
    """What the detectors find in *texts*: personal numbers, the words of the rules, and writing that neither rules nor
    model read. Where the time ends before that, a finding at the last of *texts* says so."""
    today = this_day()  # the same for all texts
    found: list[Finding] = []
    for text in texts:
        if deadline.is_over:
            break
        found += find_cpr(text, today=today)
        if text.for_model and (script := unread_script(text.text)):
            found.append(unreadable(Unreadable.UNKNOWN_SCRIPT, text.where, script))
    if texts and deadline.is_over:
        return [*found, unreadable(Unreadable.TIMED_OUT, texts[-1].where, "not all of it was looked into")]
    return [*found, *rules.find(texts)]


def understand(
    texts: list[Text], subject: str, model: Model | None, deadline: Deadline = NEVER
) -> Understanding | None:
    """What *model* makes of *texts*. Raises :class:`ValueError` for what is no score: compared with a threshold, a
    NaN would pass for harmless."""
    if model is None:
        return None
    if deadline.is_over:
        return Understanding(complete=not texts)
    understanding = model.understand(texts, subject, deadline)
    if not all(0.0 <= score <= 1.0 for score in (understanding.any, *understanding.scores.values())):
        raise ValueError("a score of the model lies outside 0 to 1")
    return understanding
