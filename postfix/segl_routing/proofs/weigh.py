"""Weighs what the proofs say of a domain: whether its copy may go by forced TLS, and on which proof's word.

The proofs are gone through from the strongest to the weakest that still meets the least:

* a **yes** is taken, and what weaker proofs say no longer matters;
* a **no** of a proof that was promised and does not hold *bars* all that is weaker (RFC 8461 §2);
* a **don't know** that may hide such a failure bars it too, for now; any other leaves the weaker ones a say,
  but if none of them says yes, the whole is a don't know, never a no.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from segl.vocabulary import Known, Proof
from segl_routing.proofs.facts import KeptEvidence


@dataclass(frozen=True, slots=True)
class Weighed:
    """``YES`` with the evidence that is ``taken``; otherwise the ``reason``, and for a doubt since when."""

    known: Known
    reason: str
    taken: KeptEvidence | None = None
    since: float | None = None


def weigh(evidence: Iterable[KeptEvidence], least: Proof) -> Weighed:
    """*evidence* is sorted by proof, strongest first, as :class:`~segl_routing.proofs.facts.DomainFacts` keeps it."""
    doubt: KeptEvidence | None = None
    last: KeptEvidence | None = None
    for one in evidence:
        if not one.proof.meets(least):
            break
        if one.known is Known.YES:
            return Weighed(Known.YES, f"{one.reason} (proof: {one.proof})", one)
        if one.known is Known.UNKNOWN:
            doubt = doubt or one
        last = one
        if one.bars:
            break
    if doubt is not None:
        return Weighed(Known.UNKNOWN, doubt.reason, since=doubt.unknown_since)
    if last is None:
        return Weighed(Known.NO, f"nothing proves {least}")
    if last.bars:
        return Weighed(Known.NO, f"{last.reason}; nothing weaker is taken")
    return Weighed(Known.NO, last.reason if least is Proof.PKIX else f"{last.reason}; {least} is demanded")
