"""Findings and policy in, the verdict out: the last stage of the classifier.

The scores of different rules for one category are joined as independent pieces of evidence: two rules of
0.4 give 1 − 0.6 · 0.6 = 0.64. A rule that finds something in many places counts once, with its best place. A
category holds when its joint score reaches its threshold; the strictest decision of all is the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from segl.vocabulary import Decision, Finding, Label, Verdict
from segl_classifier.rules import RuleSet


def decide(
    findings: Sequence[Finding], rules: RuleSet, *, on_unreadable: Decision = Decision.SECURE
) -> Verdict:
    """The verdict on a message with *findings*. What could not be read is never plain."""
    held = tuple(
        label for label, score in joint_scores(findings).items() if score >= rules.labels[label].threshold
    )
    causes = tuple(dict.fromkeys(f.rule for f in findings if f.rule.startswith("unreadable.")))
    decisions = [rules.labels[label].decision for label in held]
    if causes:
        decisions.append(Decision.strictest((Decision.SECURE, on_unreadable)))
    return Verdict(
        decision=Decision.strictest(decisions),
        findings=tuple(sorted(findings, key=_order)),
        labels=held,
        reasons=(*(label.value for label in held), *causes),
    )


def joint_scores(findings: Iterable[Finding]) -> dict[Label, float]:
    """The joint score of each category that anything speaks for, in the order of :class:`Label`."""
    best: dict[Label, dict[str, float]] = {}
    for finding in findings:
        if finding.label is not None:
            scores = best.setdefault(finding.label, {})
            scores[finding.rule] = max(finding.score, scores.get(finding.rule, 0.0))
    return {label: _join(best[label].values()) for label in Label if label in best}


def _join(scores: Iterable[float]) -> float:
    against = 1.0
    for score in scores:
        against *= 1.0 - min(1.0, max(0.0, score))
    return round(1.0 - against, 6)  # 0.3 and 0.3 make 0.51, not 0.51 less a bit


_RANK = {label: number for number, label in enumerate(Label)}


def _order(finding: Finding) -> tuple[int, float]:
    """What could not be read first, then by category, the strongest first."""
    return (-1 if finding.label is None else _RANK[finding.label], -finding.score)
