"""The last stage: from findings, the model's scores and the configured strictness to the verdict.

A category applies when its score reaches its threshold, or when a postmaster's rule says so. When none applies, the
model may still be sure that *something* in the message is a person's private matter, or unsure whether anything is.
What could not be read is never plain. The verdict is the strictest of all these decisions. The scores are calculated in
:mod:`.weigh`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from segl.settings.detection import Detection
from segl.vocabulary import (
    FAINT,
    MODEL,
    Adjustment,
    Decision,
    Doubt,
    Effect,
    Finding,
    Label,
    Prefix,
    Unreadable,
    Verdict,
)
from segl_classifier.excerpts import excerpt
from segl_classifier.rules import RuleSet
from segl_classifier.understanding.interface import Model, Reading, Understanding
from segl_classifier.weigh import Outcome, Thresholds, Weighing, raised, weigh, weigh_whole

_SHOWN = 120  # characters of a window
_UNKNOWN_LANGUAGE = f"{Prefix.UNREADABLE}{Unreadable.UNKNOWN_LANGUAGE}"


@dataclass(frozen=True, slots=True)
class Strictness:
    """How strict the organisation is about what is uncertain: the settings that bear on the decision."""

    unreadable: Decision = Decision.SECURE
    unsure: Decision = Decision.SECURE
    thresholds: Mapping[Label | Literal["any"], float] = field(default_factory=dict)
    languages_read: frozenset[str] = frozenset()

    @classmethod
    def of(cls, detection: Detection) -> Strictness:
        languages = frozenset(detection.languages_read)
        return cls(detection.unreadable, detection.unsure, detection.thresholds, languages)

    def minds(self, finding: Finding) -> bool:
        """Whether *finding* counts: not if it is of a language that the organisation takes for read."""
        if not self.languages_read or finding.rule != _UNKNOWN_LANGUAGE:
            return True
        return self.languages_read.isdisjoint((finding.excerpt, "all"))


@dataclass(frozen=True, slots=True)
class Weighings:
    """Everything weighed: each category, and the message as a whole (``None`` without a model)."""

    labels: Mapping[Label, Weighing]
    whole: Weighing | None

    def with_outcome(self, outcome: Outcome) -> tuple[Label, ...]:
        """The categories that come to *outcome*."""
        return tuple(label for label, w in self.labels.items() if w.outcome is outcome)

    @property
    def likeliest(self) -> Label | None:
        """The category in doubt with the highest score."""
        unsure = self.with_outcome(Outcome.UNSURE)
        return max(unsure, key=lambda label: self.labels[label].score, default=None)


_STRICTNESS = Strictness()


def decide(
    findings: Sequence[Finding],
    rules: RuleSet,
    strictness: Strictness = _STRICTNESS,
    *,
    model: Model | None = None,
    understanding: Understanding | None = None,
) -> Verdict:
    """The verdict on a message with *findings*. *understanding* is *model*'s; without it words decide."""
    findings = [finding for finding in findings if strictness.minds(finding)]
    weighings = weigh_all(findings, rules, strictness, model=model, understanding=understanding)
    held = held_labels(weighings)
    doubt = None if held else _doubt(weighings)
    causes = tuple(dict.fromkeys(f.rule for f in findings if f.is_unreadable))
    decisions = [rules.labels[label].decision for label in weighings.with_outcome(Outcome.HOLDS)]
    if held:
        decisions.append(Decision.SECURE)  # also what was taken in doubt: not held back or refused for that
    if doubt:
        decisions.append(Decision.SECURE if doubt is Doubt.PERSONAL else strictness.unsure)
    if causes:
        decisions.append(Decision.strictest((Decision.SECURE, strictness.unreadable)))
    vetoes = dict.fromkeys(
        f"{Prefix.VETO}{w.veto}" for w in weighings.labels.values() if w.veto and w.would_hold
    )
    doubts = (doubt.value,) if doubt else ()
    return Verdict(
        decision=Decision.strictest(decisions),
        findings=tuple(sorted((*findings, *_model_findings(weighings, doubt)), key=_order)),
        labels=held,
        reasons=(*(label.value for label in held), *doubts, *causes, *vetoes),
        doubtful=tuple(label for label in weighings.with_outcome(Outcome.UNSURE) if label not in held),
        scores=tuple((label, w.score) for label, w in weighings.labels.items() if w.score >= FAINT),
    )


def weigh_all(
    findings: Sequence[Finding],
    rules: RuleSet,
    strictness: Strictness = _STRICTNESS,
    *,
    model: Model | None = None,
    understanding: Understanding | None = None,
) -> Weighings:
    """Everything weighed, for the decision and for whoever explains it."""
    thresholds = Thresholds(rules, model, strictness.thresholds)
    labels = weigh(findings, thresholds, understanding)
    return Weighings(labels, weigh_whole(labels, thresholds, understanding))


def held_labels(weighings: Weighings) -> tuple[Label, ...]:
    """The categories that hold; when none does and the whole does, the likeliest of those in doubt."""
    held = weighings.with_outcome(Outcome.HOLDS)
    if not held and _whole_comes_to(weighings) is Outcome.HOLDS and (likeliest := weighings.likeliest):
        return (likeliest,)
    return held


def _doubt(weighings: Weighings) -> Doubt | None:
    """What is said of a message in which no category holds."""
    whole = _whole_comes_to(weighings)
    if whole is Outcome.HOLDS:
        return Doubt.PERSONAL
    return Doubt.UNSURE if whole is Outcome.UNSURE or weighings.likeliest else None


def _whole_comes_to(weighings: Weighings) -> Outcome:
    return weighings.whole.outcome if weighings.whole else Outcome.NO


def _model_findings(weighings: Weighings, doubt: Doubt | None) -> Iterator[Finding]:
    """What the model says of each category, as evidence; of the whole only when that is what counts."""
    telling = [w for w in weighings.labels.values() if w.model is not None and w.model >= FAINT]
    if doubt and weighings.whole and _whole_comes_to(weighings) is not Outcome.NO:
        telling.append(weighings.whole)
    shown: dict[str, str] = {}  # one window often says most for several categories
    for weighing in telling:
        score, reading = weighing.model or 0.0, weighing.reading
        if reading is None:
            yield Finding(MODEL, weighing.label, "message", "", score)
            continue
        text = reading.window.text
        if text not in shown:
            shown[text] = excerpt(text, 0, min(len(text), _SHOWN), around=0, limit=_SHOWN)
        steps = tuple(reading_steps(reading, weighing.label, score))
        yield Finding(MODEL, weighing.label, reading.window.where, shown[text], score, steps)


def reading_steps(reading: Reading, label: Label | None, message: float) -> Iterable[Adjustment]:
    """How the best window's score came about, and what the message's score differs from it."""
    window = reading.any if label is None else reading.scores.get(label, 0.0)
    left = sum(by for _, by in reading.lowered)
    score = raised(window, left)
    yield Adjustment(f"{reading.stage.name.lower()} stage", score)
    for reason, by in reading.lowered:
        left -= by
        before, score = score, raised(window, left)
        yield Adjustment(f"lowered: {reason}", score - before)
    if abs(message - window) >= 0.005:
        # No window says more than the message, but where little is said (:mod:`.little_said`).
        why = "little is said" if label is None and message > window else "the other windows"
        yield Adjustment(why, message - window)


_RANK = {label: number for number, label in enumerate(Label)}


def _order(finding: Finding) -> tuple[int, float]:
    """What could not be read first, then vetoes and what is of no category, then by category; the strongest
    first."""
    if finding.is_unreadable:
        rank = -2
    elif finding.label is None or finding.effect is Effect.VETO:
        rank = -1
    else:
        rank = _RANK[finding.label]
    return (rank, -finding.score)
