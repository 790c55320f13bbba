"""The scores of each category, with the arithmetic that made them.

Where a model knows the category, its calibrated score is the start; the shipped word rules move it a little
(:mod:`.weights`), a postmaster's rules more, and those reach a threshold of their own by which they
decide alone. So do all rules in texts that the model is not given, those on the headings of lists, and those for
writing that it has not learnt, of which more is asked where it is sure of nothing. Without a model, and for CPR
numbers, the joint score of all rules is the start and the end.

For example ``health``, which is in doubt from 0.40 and holds from 0.47::

    +0.40  model
    +0.15  shipped rules, 0.60    the log-odds of 0.40 raised by 1.0 · 0.60: 0.55
    +0.20  own rules, 0.30        those of 0.55 raised by 3.0 · 0.30: 0.75
    -0.30  lowered by own.press   0.45: in doubt

The scores of different rules for one category are joined as independent pieces of evidence: two rules of
0.4 give 1 − 0.6 · 0.6 = 0.64. A rule that finds something in many places counts once, with its best place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, log
from typing import Literal

from segl.vocabulary import FEW_WORDS, MODEL, Adjustment, Effect, Finding, Label
from segl_classifier import weights
from segl_classifier.rules import RuleSet
from segl_classifier.rules.model import SIGN
from segl_classifier.understanding.interface import Model, Reading, Threshold, Understanding

_CLIP = 1e-4  # a score of 0 or 1 is not beyond all doubt


class Outcome(StrEnum):
    """What a score comes to, held against its threshold."""

    NO = "no"
    UNSURE = "unsure"
    HOLDS = "holds"
    VETOED = "vetoed"


@dataclass(frozen=True, slots=True)
class Weighing:
    """The arithmetic of one category, or of the message as a whole (``label`` is ``None``).

    ``model`` is what the model says, ``None`` when it was not asked; ``words`` and ``own`` are the joint
    scores of the shipped rules (and the CPR detector) and of the postmaster's; ``steps`` add up to ``score``.
    ``own_holds``: the postmaster's rules decide alone. ``beyond`` is the joint score of the rules that need no model,
    in texts that it is not given, on headings of lists and for writing that it has not learnt; ``beyond_holds``: those
    decide. ``veto`` is the id of the rule that took the category out. ``heard`` is what the model said of the message,
    ``None`` when it was not asked of the category.
    """

    label: Label | None
    model: float | None
    words: float
    own: float
    lowered: float
    score: float
    threshold: Threshold
    steps: tuple[Adjustment, ...]
    own_holds: bool = False
    beyond: float = 0.0
    beyond_holds: bool = False
    veto: str = ""
    heard: Understanding | None = field(default=None, repr=False)

    @property
    def reading(self) -> Reading | None:
        """The window that says most for it: looked for when asked, since most categories have nothing to show."""
        return best_reading(self.heard, self.label)

    @property
    def would_hold(self) -> bool:
        """Whether it holds, any veto left aside."""
        return self.own_holds or self.beyond_holds or self.score >= self.threshold.holds

    @property
    def outcome(self) -> Outcome:
        if self.veto:
            return Outcome.VETOED
        if self.would_hold:
            return Outcome.HOLDS
        return Outcome.UNSURE if self.score >= self.threshold.unsure else Outcome.NO


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What scores are held against: those of the rules and the model's. ``overrides``
    are the postmaster's thresholds in place of the model's."""

    rules: RuleSet
    model: Model | None = None
    overrides: Mapping[Label | Literal["any"], float] = field(default_factory=dict)

    def asks_model(self, label: Label) -> bool:
        return self.model is not None and label in self.model.thresholds

    def of(self, label: Label) -> Threshold:
        """The threshold of *label*. Words know no doubt: they hold or they do not."""
        if self.model is not None and label in self.model.thresholds:
            return _overridden(self.model.thresholds[label], self.overrides.get(label))
        holds = self.rules.labels[label].threshold
        return Threshold(holds, holds)


def _overridden(threshold: Threshold, holds: float | None) -> Threshold:
    return threshold if holds is None else threshold.moved(holds)


@dataclass(frozen=True, slots=True)
class RuleEvidence:
    """What the findings of one category come to, by what they do to it: joint scores, the rules that
    lower, the one that vetoes."""

    words: float  # the shipped rules
    own: float  # the postmaster's
    beyond: float  # those of either that need no model
    # Those of ``beyond`` to whom it is all the same how sure the model is: no signs (``is_sign``).
    despite: float
    # And of those what is no sign in a message of few words, either.
    no_sign: float
    lower: tuple[Finding, ...]
    veto: str

    @property
    def lowered(self) -> float:
        return round(sum(finding.score for finding in self.lower), 6)


def weigh(
    findings: Sequence[Finding], thresholds: Thresholds, understanding: Understanding | None = None
) -> dict[Label, Weighing]:
    """The arithmetic of each category that anything speaks for, in the order of :class:`Label`."""
    scores = understanding.scores if understanding else {}
    for_all = [finding for finding in findings if is_for_all(finding)]
    by_label: dict[Label, list[Finding]] = {label: [] for label in scores}
    for finding in findings:
        if finding.label is not None:
            by_label.setdefault(finding.label, []).append(finding)
    spoken = {finding.label for finding in findings if finding.effect is Effect.RAISE}
    weighings = {}
    for label in Label:
        if label in spoken or label in scores:
            bearing = by_label[label] if label is Label.CPR else [*by_label[label], *for_all]
            weighings[label] = _weigh_label(
                label, _evidence(bearing, thresholds.rules), thresholds, understanding
            )
    return weighings


def _weigh_label(
    label: Label, evidence: RuleEvidence, thresholds: Thresholds, understanding: Understanding | None
) -> Weighing:
    asked = understanding is not None and thresholds.asks_model(label)
    if understanding is None or not asked:
        model, steps = None, _by_words(label, evidence)
    else:
        model = understanding.scores.get(label, 0.0)
        steps = _by_model(label, model, evidence, in_doubt=_in_doubt(understanding, evidence, thresholds))
    limit = thresholds.rules.labels[label].threshold
    beyond_holds = (
        understanding is not None and asked and _beyond_holds(label, limit, evidence, understanding)
    )
    if beyond_holds:
        more = max(0.0, evidence.beyond - sum(step.by for step in steps))
        steps.append(Adjustment(f"rules that need no model, {evidence.beyond:.2f}", more))
    steps += [Adjustment(f"lowered by {f.rule}", -f.score) for f in evidence.lower]
    return Weighing(
        label=label,
        model=model,
        words=evidence.words,
        own=evidence.own,
        lowered=evidence.lowered,
        score=_total(steps),
        threshold=thresholds.of(label) if asked else Threshold(limit, limit),
        steps=tuple(steps),
        own_holds=_reaches(limit, evidence.own, evidence),
        beyond=evidence.beyond,
        beyond_holds=beyond_holds,
        veto=evidence.veto,
        heard=understanding if asked else None,
    )


def _beyond_holds(label: Label, limit: float, evidence: RuleEvidence, understanding: Understanding) -> bool:
    """Whether the rules that need no model decide a category on which it was asked.

    For example with a *limit* of 0.40: a sign of 0.45 does, with a model that says 0.10 of the message. One that says
    0.01 is sure of nothing: then two such signs do, which come to 0.70 together (``DESPITE``), or what is no sign and
    reaches the limit by itself, such as the heading of a list. So it is with a model that says 0.10 of the message and
    0.001 of the category; there what is found in a message of few words is a sign, too, where it comes to less than
    :data:`~segl_classifier.rules.model.SIGN`.
    """
    more_asked = max(limit, weights.DESPITE)
    if understanding.any < weights.SURE_OF_NOTHING and not (
        _reaches(limit, evidence.despite, evidence) or _reaches(more_asked, evidence.beyond, evidence)
    ):
        return False
    if understanding.any < weights.SOME_DOUBT and understanding.scores.get(label, 1.0) < weights.NOT_THAT:
        return _reaches(limit, evidence.no_sign, evidence) or _reaches(more_asked, evidence.beyond, evidence)
    return _reaches(limit, evidence.beyond, evidence)


def _reaches(limit: float, score: float, evidence: RuleEvidence) -> bool:
    """Whether rules of joint *score* decide alone, less what is lowered."""
    return score > 0 and round(score - evidence.lowered, 6) >= limit


def _by_words(label: Label, evidence: RuleEvidence) -> list[Adjustment]:
    joined = join((evidence.words, evidence.own))
    name = "numbers found" if label is Label.CPR else "shipped rules"
    steps = [Adjustment(name, evidence.words)] if evidence.words else []
    if evidence.own:
        steps.append(Adjustment(f"own rules, {evidence.own:.2f}", joined - evidence.words))
    return steps


def _in_doubt(understanding: Understanding, evidence: RuleEvidence, thresholds: Thresholds) -> bool:
    """Whether the model, and these words, leave it open that there is anything. What it is sure to be harmless, the
    shipped words of a category do not change: topics are all they know."""
    if thresholds.model is None:
        return True
    limit = _overridden(thresholds.model.any_threshold, thresholds.overrides.get("any")).leaves_room
    return raised(understanding.any, weights.WHOLE * evidence.words) >= limit


def _by_model(label: Label, model: float, evidence: RuleEvidence, *, in_doubt: bool) -> list[Adjustment]:
    steps = [Adjustment(MODEL, model)]
    words = raised(model, weights.SHIPPED[label] * evidence.words) if in_doubt else model
    if evidence.words and in_doubt:
        steps.append(Adjustment(f"shipped rules, {evidence.words:.2f}", words - model))
    if evidence.own:
        both = raised(words, weights.OWN * evidence.own)
        steps.append(Adjustment(f"own rules, {evidence.own:.2f}", both - words))
    return steps


def weigh_whole(
    weighings: Mapping[Label, Weighing], thresholds: Thresholds, understanding: Understanding | None
) -> Weighing | None:
    """The arithmetic of the message as a whole: that *something* in it is a person's matter. ``None``
    without a model.

    A veto or a lowering of the category that says most says as much about the whole: what is left is what
    the others say.
    """
    if understanding is None or thresholds.model is None:
        return None
    known = [w for w in weighings.values() if w.model is not None]
    words = max((w.words for w in known), default=0.0)
    steps = [Adjustment(MODEL, understanding.any)]
    score = raised(understanding.any, weights.WHOLE * words)
    if words:
        steps.append(Adjustment(f"shipped rules, {words:.2f}", score - understanding.any))
    top = max(known, key=lambda w: w.model or 0.0, default=None)
    if top and top.veto:
        rest = max((w.score for w in known if not w.veto), default=0.0)
        steps.append(Adjustment(f"vetoed by {top.veto}", min(0.0, rest - score)))
    elif top and top.lowered:
        steps.append(Adjustment(f"{top.label} lowered", -top.lowered))
    return Weighing(
        label=None,
        model=understanding.any,
        words=words,
        own=0.0,
        lowered=0.0,
        score=_total(steps),
        threshold=_overridden(thresholds.model.any_threshold, thresholds.overrides.get("any")),
        steps=tuple(steps),
        heard=understanding,
    )


def _evidence(findings: Iterable[Finding], rules: RuleSet) -> RuleEvidence:
    """*findings* of one category by what they do. A rule in many places counts with its best."""
    words: dict[str, float] = {}
    own: dict[str, float] = {}
    beyond: dict[str, float] = {}
    despite: dict[str, float] = {}
    no_sign: dict[str, float] = {}
    lower: dict[str, Finding] = {}
    veto = ""
    for finding in findings:
        rule = rules.rule(finding.rule)
        match finding.effect:
            case Effect.RAISE:
                scores = own if rule and rule.own else words
                scores[finding.rule] = max(finding.score, scores.get(finding.rule, 0.0))
                if finding.beyond_model:
                    beyond[finding.rule] = max(finding.score, beyond.get(finding.rule, 0.0))
                    if not (rule and rule.is_sign):
                        despite[finding.rule] = beyond[finding.rule]
                        if not _is_sign_in_few_words(finding):
                            no_sign[finding.rule] = max(finding.score, no_sign.get(finding.rule, 0.0))
            case Effect.LOWER:
                if finding.rule not in lower or finding.score > lower[finding.rule].score:
                    lower[finding.rule] = finding
            case Effect.VETO:
                if rule is None or rule.found(finding.score):
                    veto = veto or finding.rule
    lowering = tuple(lower.values())
    return RuleEvidence(
        join(words.values()),
        join(own.values()),
        join(beyond.values()),
        join(despite.values()),
        join(no_sign.values()),
        lowering,
        veto,
    )


def _is_sign_in_few_words(finding: Finding) -> bool:
    """Whether *finding* counts because the message has few words, and comes to less than what means something alone."""
    return finding.score < SIGN and any(step.reason == FEW_WORDS for step in finding.adjustments)


def is_for_all(finding: Finding) -> bool:
    """Whether it is of a rule for every category but CPR numbers."""
    return finding.label is None and finding.effect is not Effect.RAISE


def best_reading(understanding: Understanding | None, label: Label | None) -> Reading | None:
    """The window that says most for *label*, or for the whole when that is ``None``."""

    def score(reading: Reading) -> float:
        return reading.any if label is None else reading.scores.get(label, 0.0)

    if understanding is None:
        return None
    return understanding.tellers.get(label) or max(understanding.readings, key=score, default=None)


def join(scores: Iterable[float]) -> float:
    """*scores* as independent pieces of evidence."""
    against = 1.0
    for score in scores:
        against *= 1.0 - min(1.0, max(0.0, score))
    return round(1.0 - against, 6)  # 0.3 and 0.3 make 0.51, not 0.51 less a bit


def raised(score: float, by: float) -> float:
    """*score* with its log-odds raised *by* so much."""
    if not by:
        return score
    sure = min(1.0 - _CLIP, max(_CLIP, score))
    return max(score, 1.0 / (1.0 + exp(-(log(sure / (1.0 - sure)) + by))))


def _total(steps: Iterable[Adjustment]) -> float:
    return round(min(1.0, max(0.0, sum(step.by for step in steps))), 6)
