"""Which rules cost most false alarms: from what people said of decisions and what had spoken for them.

A rule *took part* in a decision when it spoke for a category that held, or could not read something; the model, when it
spoke for one of them, or for the whole. That is known without any rule file. Which rules *alone* made the difference
takes the rules: :func:`segl_classifier.tuning.again.decisive`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from segl.decisions.record import DecisionRecord
from segl.decisions.said import Feedback, Says
from segl.vocabulary import FAINT, MODEL, Decision, Doubt, Effect, Label


@dataclass(slots=True)
class Cost:
    """One rule's part in decisions for the secure way: how many, and in those of which people said that they were wrong
    or right. ``alone`` of the wrong ones would have gone plain without it."""

    rule: str
    secure: int = 0
    wrong: int = 0
    right: int = 0
    alone: int = 0

    def as_dict(self) -> dict[str, object]:
        return {
            "rule": self.rule,
            "secure": self.secure,
            "wrong": self.wrong,
            "right": self.right,
            "alone": self.alone,
        }


def taking_part(record: DecisionRecord) -> tuple[str, ...]:
    """What spoke for the decision *record*."""
    labels = set(record.labels)
    found = [
        hit.rule
        for hit in record.hits
        if hit.effect is Effect.RAISE and (hit.label in labels or hit.rule in record.why)
    ]
    return tuple(dict.fromkeys([*found, *([MODEL] if _model_spoke(record) else [])]))


def costs(
    records: Iterable[DecisionRecord], said: Mapping[str, Feedback]
) -> tuple[list[Cost], list[DecisionRecord]]:
    """The rules that took part in secure decisions, those with most false alarms first; and the decisions that were
    called wrong."""
    found: dict[str, Cost] = {}
    wrong: list[DecisionRecord] = []
    for record in records:
        if record.verdict is Decision.PLAIN:
            continue
        word = said[record.id].says if record.id in said else None
        if word is Says.WRONG:
            wrong.append(record)
        for rule in taking_part(record):
            cost = found.setdefault(rule, Cost(rule))
            cost.secure += 1
            cost.wrong += word is Says.WRONG
            cost.right += word is Says.RIGHT
    return sorted(found.values(), key=lambda cost: (-cost.wrong, -cost.secure, cost.rule)), wrong


def _model_spoke(record: DecisionRecord) -> bool:
    if record.said is None:
        return False
    doubts = {doubt.value for doubt in Doubt}
    for_label = any(
        record.said.scores.get(label, 0.0) >= FAINT for label in record.labels if label is not Label.CPR
    )
    return for_label or (record.said.any >= FAINT and not doubts.isdisjoint(record.why))
