"""What each kind of proof has to say of a recipient domain, in one form.

Whoever gathers (:mod:`segl_routing.proofs.dane`, :mod:`segl_routing.proofs.mta_sts`, the probes of
:mod:`segl_routing.proofs.live`) answers with an :class:`Evidence`; what is made of them all stands in
:mod:`segl_routing.proofs.facts`. The three answers of :class:`~segl.vocabulary.Known` are kept apart to the end: a
time-out is never a "no", and a proof that *fails* is not a proof that is *absent*.
"""

from __future__ import annotations

from dataclasses import dataclass

from segl.vocabulary import Known, Proof
from segl_routing.proofs.defects import Defect
from segl_routing.proofs.tls_policy import TlsPolicy


@dataclass(frozen=True, slots=True)
class Evidence:
    """One proof's word on one domain.

    ``reason``     a clause for people, with the host or record it is about; no text of strangers beyond names.
    ``bars``       set where this proof was promised and does not hold: nothing weaker by TLS may then be
                   taken for it (RFC 8461 §2: a failing DANE is never overridden by MTA-STS). With
                   ``Known.UNKNOWN`` it is set too where the answer could have been such a failure.
    ``policy``     what Postfix must be told when the copy goes by this proof; ``None`` unless ``YES``.
    ``holds_for``  for how many seconds its records say so (TTL, max_age), as far as they do.
    ``defect``     what the domain's postmaster could repair; ``None`` for what is none of his.
    """

    proof: Proof
    known: Known
    reason: str
    bars: bool = False
    policy: TlsPolicy | None = None
    holds_for: float | None = None
    defect: Defect | None = None
