"""What policies make of a verdict: they raise it, and lower it only where the postmaster said so in so many words.

A message is one for Postfix, whoever it goes to: it has the strictest verdict of its recipients. A policy with
``verdict = "plain"`` counts for a message only when everything that made it secure, or might have, stands in its
``lowers``. What could not be read, what the sender asked for, and what is held or refused is never lowered. Where it
does not lower, such an entry is passed over, and the next that holds counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from segl.addresses import is_relayed, split_address
from segl.policy.table import About, Term
from segl.settings.policy import Policy
from segl.vocabulary import Decision, Doubt, Prefix, Verdict


@dataclass(frozen=True, slots=True)
class Ruled:
    """The verdict after the policies. ``by`` names those that changed it."""

    verdict: Verdict
    by: tuple[str, ...] = ()

    @property
    def lowered(self) -> bool:
        return any(reason.startswith(Prefix.LOWERED) for reason in self.verdict.reasons)


def counting(about: About, recipient: str, verdict: Verdict) -> Policy | None:
    """The entry whose verdict counts for *recipient*. None lowers for an address whose local part names a further stop:
    its domain does not say where it ends."""
    onward = is_relayed(split_address(recipient)[0])
    for entry in about.holding(Term.VERDICT, recipient):
        if entry.verdict is not Decision.PLAIN or not (onward or in_the_way(verdict, entry)):
            return entry
    return None


def ruled(verdict: Verdict, entries: Sequence[Policy | None]) -> Ruled:
    """*verdict* with the entry that counts for each recipient, ``None`` where none does."""
    if not any(entries):
        return Ruled(verdict)
    decisions = [decided(verdict, entry) for entry in entries]
    decision = Decision.strictest(decisions)
    if decision is verdict.decision:
        return Ruled(verdict)
    word = Prefix.RAISED if decision.rank > verdict.decision.rank else Prefix.LOWERED
    deciding = [e.name for e, each in zip(entries, decisions, strict=True) if e and each is decision]
    by = tuple(dict.fromkeys(deciding))
    told = tuple(f"{word}{name}" for name in by)
    reasons = (*told, *verdict.reasons) if word is Prefix.RAISED else (*verdict.reasons, *told)
    return Ruled(replace(verdict, decision=decision, reasons=reasons), by)


def decided(verdict: Verdict, entry: Policy | None) -> Decision:
    """What happens to a message with *verdict* for a recipient for whom *entry* counts."""
    if entry is None or entry.verdict is None:
        return verdict.decision
    if entry.verdict is Decision.PLAIN:
        return Decision.PLAIN if not in_the_way(verdict, entry) else verdict.decision
    return Decision.strictest((verdict.decision, entry.verdict))


def in_the_way(verdict: Verdict, entry: Policy) -> tuple[str, ...]:
    """Why *entry*, whose word is ``plain``, does not lower *verdict*; empty when it does, or there is nothing to
    lower."""
    if verdict.decision is Decision.PLAIN:
        return ()
    if verdict.decision is not Decision.SECURE:
        return (verdict.decision.value,)
    lowers = set(entry.lowers)
    counting = [reason for reason in verdict.reasons if not reason.startswith(Prefix.VETO)]
    left = [reason for reason in counting if reason not in lowers]
    left += [finding.rule for finding in verdict.unreadable]
    if Doubt.UNSURE not in lowers:
        left += [label.value for label in verdict.doubtful if label not in lowers]
    if not counting:
        left.append("no reason")  # secure without one: nothing that could have been named
    return tuple(dict.fromkeys(left))
