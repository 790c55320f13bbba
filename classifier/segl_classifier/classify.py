"""A message's way through the classifier. Five stages, each in a file of its own:

=============  ==================  ===================================================================
stage          file                what it makes of what
=============  ==================  ===================================================================
parse          ``parse.py``        bytes → parts
extract        ``extract.py``      parts → the texts of the message; its files to ``attachments.py``
detect         ``detect.py``       texts → findings: numbers, words, unknown writing
understand     ``understand.py``   texts → the model's scores for them
decide         ``decide.py``       findings and understanding → the verdict
=============  ==================  ===================================================================

Each attachment is classified by itself, and so are the message's own texts: what is found in an attachment does not
depend on the message around it, and can be cached (``memory.py``). Numbers and words are looked for in all texts before
the model is used: that is cheap, and tells how securely the message must be sent.

:func:`gather` runs the stages that process untrusted input, and raises on none: a stage that fails is a finding
``unreadable.failed``, and what could not be read is never plain (promise 2 of the design). Together they have
``limits.message_seconds``, less than Postfix waits; what is not read by then is ``unreadable.timed-out``.
Deciding only calculates with their results. An error there is a bug, and the caller handles it: the milter answers
"try again later".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from segl.settings.detection import Limits
from segl.vocabulary import Finding, Unreadable, Verdict
from segl_classifier.attachments import Attachments
from segl_classifier.deadline import Deadline
from segl_classifier.decide import Strictness, decide
from segl_classifier.detect import detect
from segl_classifier.extract import NO_OCR, Pictures, extract
from segl_classifier.few_words import heard_alone
from segl_classifier.little_said import believed_sooner
from segl_classifier.mail_by_mail import each_by_itself
from segl_classifier.memory import Memory
from segl_classifier.message import Text, unreadable
from segl_classifier.parse import parse
from segl_classifier.reach import Judged, believed_of_all
from segl_classifier.rules import RuleSet
from segl_classifier.stages import Stage, Stages
from segl_classifier.understand import behind, hearing, joined, understand
from segl_classifier.understanding.interface import Model, Understanding

_LIMITS = Limits()
_STRICTNESS = Strictness()


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
    strictness: Strictness = _STRICTNESS,
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
        return decide(
            [*found.findings, *also], rules, strictness, model=model, understanding=found.understanding
        )


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
    try:
        with stages(Stage.PARSE):
            message = parse(raw, limits)
        with stages(Stage.EXTRACT):
            attachments = Attachments(message, rules, limits, pictures, model, memory, deadline)
            found.texts, unread = extract(
                message, limits, files=attachments.set_aside, pictures=pictures, deadline=deadline
            )
            found.findings += unread
        with stages(Stage.DETECT):
            found.findings += detect(found.texts, rules, deadline)
            if model is not None and not attachments.files:
                # A few words alone are too little for the model: what the rules find in them counts without it.
                found.findings = heard_alone(found.findings, found.texts, rules)
            own = Judged(found.texts, found.findings, None)
            for findings in attachments.findings():
                found.findings = [*found.findings, *findings]
        with stages(Stage.UNDERSTAND):
            reader = hearing(model, rules)
            own = own._replace(understanding=understand(found.texts, reader, deadline))
            own = each_by_itself(own, rules, model)
            if not attachments.files:
                own = own._replace(understanding=believed_sooner(own.understanding, own.texts, model))
            files = list(attachments.understood(reader))
            found.findings = believed_of_all(own, files, rules)
            found.texts, found.understanding = _together(own, files)
    except Exception as error:  # a bug of ours must not let a message out unread
        found.findings.append(unreadable(Unreadable.FAILED, "message", type(error).__name__))
    if found.understanding and not found.understanding.complete:
        found.findings.append(unreadable(Unreadable.TIMED_OUT, "message", "not all of it was understood"))
        if not found.understanding.scores:
            found.understanding = None  # nothing was: that is no word for "harmless"
    return found


def _together(own: Judged, files: Sequence[Judged]) -> tuple[list[Text], Understanding | None]:
    """The texts of a message and of its files, and what the model makes of all of them."""
    texts, understood = list(own.texts), [own.understanding]
    for file in files:
        understood.append(behind(file.understanding, len(texts)))
        texts += file.texts
    return texts, joined(understood)
