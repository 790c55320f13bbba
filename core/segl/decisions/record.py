"""The record of one decision: its *features*, and never a word of the message.

What the last stage of the classifier adds up is here, rule ids, scores, lengths, the model's scores, so that the sum
can be made again under other weights and thresholds. What it was found in is not. That is kept by construction:
:func:`segl.decisions.reading.from_bytes`, the only way into the store, takes nothing but ids, words of closed lists,
and numbers; a field that could hold text does not exist.

The canonical form of a record is JSON (RFC 8259) with sorted keys, without blanks, in ASCII: over it the audit trail's
digest is made (:mod:`segl.decisions.kept`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from segl.vocabulary import FEW_WORDS, Adjustment, Decision, Effect, Label, Mode

VERSION: Final = 1
MOST_HITS: Final = 200
LONGEST: Final = 96 * 1024  # bytes of one record
MOST_WORDS: Final = 64  # labels, reasons, steps

_CANONICAL: Final = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
)
FEW_WORDS_STEP: Final = "few-words"
_LISTED: Final = re.compile(r"(near|boost|unless): ([a-z0-9_-]{1,64})(?![A-Za-z0-9_-])")


class Place(StrEnum):
    """In what kind of place something was found; of an attachment with its type (``attachment.pdf``)."""

    SUBJECT = "subject"
    NAME = "name"
    FILENAME = "filename"
    BODY = "body"
    ATTACHMENT = "attachment"
    REMARK = "remark"  # free text beside the parts that the model is given too
    SURROUND = "surround"  # what it is not given
    HEADING = "heading"  # of a column in a list, wherever that is
    MESSAGE = "message"
    ENVELOPE = "envelope"


# A rule counts there as it does without a model.
BEYOND_MODEL: Final = frozenset((Place.SURROUND, Place.NAME, Place.HEADING))
FILE_TYPES: Final = frozenset(
    "pdf doc docx docm xls xlsx xlsm ppt pptx odt ods odp rtf txt csv htm html eml msg zip 7z rar tar gz xml json jpg "
    "jpeg png gif tif tiff bmp heic svg ics vcf p7m p7s asc gpg dat pages numbers".split()
)


@dataclass(frozen=True, slots=True)
class Hit:
    """What one rule or detector found in one kind of place; of several such places the best, ``times`` of them.

    ``weight`` is the rule's then (0 for what is no rule); ``steps`` how a rule's score came about, with the names of
    lists and without their words; ``match`` the fingerprint of what the rule looked for (``""`` for what is no rule).
    """

    rule: str
    label: Label | None
    effect: Effect
    score: float
    place: str
    times: int = 1
    weight: float = 0.0
    steps: tuple[Adjustment, ...] = ()
    match: str = ""


@dataclass(frozen=True, slots=True)
class Best:
    """The passage that says most for a category (``None``: for the whole): in what kind of place, which stage of the
    model had the last word, its score, and what lowered it."""

    label: Label | None
    place: str
    stage: int
    score: float
    lowered: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What the model said of the message. ``windows`` passages, ``read`` of them by the encoder."""

    any: float
    scores: Mapping[Label, float]
    complete: bool = True
    windows: int = 0
    read: int = 0
    best: tuple[Best, ...] = ()


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One decision. ``id`` is the message's envelope id where it went securely (``X-Segl-Id``), else one made for it.

    ``domain`` is the sender's, ``recipients`` their number; ``verdict``, ``labels`` and ``why`` are what was said, in
    ``mode``; ``rules`` and ``model`` begin the digests of what it was said by; ``chars`` are characters read by kind of
    place; ``numbers`` is how many different CPR numbers there were. ``cut``: more was found than is kept.
    """

    id: str
    at: float
    domain: str
    verdict: Decision
    mode: Mode = Mode.DETECT
    labels: tuple[Label, ...] = ()
    why: tuple[str, ...] = ()
    queue_id: str = ""
    recipients: int = 1
    size: int = 0
    ms: float = 0.0
    rules: str = ""
    model: str = ""
    numbers: int = 0
    cut: bool = False
    chars: Mapping[str, int] = field(default_factory=dict)
    hits: tuple[Hit, ...] = ()
    said: Said | None = None

    def to_bytes(self) -> bytes:
        """The canonical form."""
        return _CANONICAL.encode(self.as_dict()).encode("ascii")

    def as_dict(self) -> dict[str, Any]:
        """As ``segl decisions show --json`` prints it, and as it is kept. Words of closed lists are their own text."""
        return {
            "v": VERSION,
            "id": self.id,
            "at": self.at,
            "queue_id": self.queue_id,
            "domain": self.domain,
            "recipients": self.recipients,
            "size": self.size,
            "ms": self.ms,
            "mode": self.mode,
            "verdict": self.verdict,
            "labels": list(self.labels),
            "why": list(self.why),
            "rules": self.rules,
            "model": self.model,
            "numbers": self.numbers,
            "cut": self.cut,
            "chars": dict(self.chars),
            "hits": [_hit_form(hit) for hit in self.hits],
            "said": None if self.said is None else _said_form(self.said),
        }


def rule_step(step: Adjustment) -> Adjustment | None:
    """*step* of a rule's arithmetic with the name of the list, without the word of it that was found: ``weight``,
    ``few-words``, ``near:person``, ``boost:…``, ``unless:…``. ``None`` for what is no such step."""
    if step.reason == "weight of the rule":
        return Adjustment("weight", step.by)
    if step.reason == FEW_WORDS:
        return Adjustment(FEW_WORDS_STEP, step.by)
    form = _LISTED.match(step.reason)
    return Adjustment(f"{form[1]}:{form[2]}", step.by) if form else None


def lowering_step(reason: str, by: float) -> Adjustment:
    """What took weight from a passage: a name of a closed list."""
    return Adjustment("-".join(reason.split()), by)


def place_of(kind: Place, file_type: str = "") -> str:
    """The text form of a place."""
    return f"{kind.value}.{file_type}" if file_type in FILE_TYPES else kind.value


def _hit_form(hit: Hit) -> dict[str, Any]:
    return {
        "rule": hit.rule,
        "label": hit.label,
        "effect": hit.effect,
        "score": hit.score,
        "place": hit.place,
        "times": hit.times,
        "weight": hit.weight,
        "steps": [[step.reason, step.by] for step in hit.steps],
        "match": hit.match,
    }


def _said_form(said: Said) -> dict[str, Any]:
    return {
        "any": said.any,
        "scores": dict(said.scores),
        "complete": said.complete,
        "windows": said.windows,
        "read": said.read,
        "best": [
            [
                one.label,
                one.place,
                one.stage,
                one.score,
                [[step.reason, step.by] for step in one.lowered],
            ]
            for one in said.best
        ],
    }
