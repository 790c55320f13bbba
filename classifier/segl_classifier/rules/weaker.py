"""What a postmaster's rules take away from the shipped ones: told when rules are checked, and by the doctor. When they
are checked it is told, too, which of them give less than they seem to.

All of it may be meant. But a veto is spoken by a word that anybody may write, in a quoted mail as well, and a threshold
of 1 is an alarm turned off; whoever looks should see it without reading every rule.
"""

from __future__ import annotations

from collections.abc import Iterator

from segl.vocabulary import Effect, Label
from segl_classifier.rules.load import RuleSet
from segl_classifier.rules.model import Reads


def weaker(rules: RuleSet, shipped: RuleSet) -> Iterator[str]:
    """Of each place where *rules* find less than *shipped*, a sentence."""
    for rule in rules.rules:
        if not rule.own or rule.effect is Effect.RAISE:
            continue
        if rule.label in (Label.CPR, None):
            does = "takes out of account" if rule.effect is Effect.VETO else "lowers"
            what = "CPR numbers" if rule.label is Label.CPR else "every category"
            yield f"rule {rule.id} {does} {what} where its words stand"
    for label, policy in rules.labels.items():
        known = shipped.labels.get(label)
        if known is not None and policy.threshold > known.threshold:
            yield f"{label.value} holds from {policy.threshold:g} only (shipped: {known.threshold:g})"
    kept = {rule.id: rule for rule in rules.rules}
    for rule in shipped.rules:
        own = kept.get(rule.id)
        if own is not None and own.own and (own.effect is not rule.effect or own.weight < rule.weight):
            yield f"rule {rule.id}, which is shipped, counts for less"


def too_light(rules: RuleSet) -> Iterator[str]:
    """Of each own rule on headings or statements that does not reach the threshold of its category, a sentence. Other
    rules are there to be added up with more that is said; below such a heading often nothing else says it."""
    for rule in rules.rules:
        alone = rule.reads is Reads.HEADINGS or (rule.reads is Reads.ENTRIES and rule.alone)
        if rule.own and alone and rule.label and rule.weight < rules.labels[rule.label].threshold:
            needed = rules.labels[rule.label].threshold
            yield (
                f"rule {rule.id} weighs {rule.weight:g}, and {rule.label.value} holds from {needed:g}: "
                f"{'a list with its heading' if rule.reads is Reads.HEADINGS else 'a statement'} alone may go in clear"
            )
