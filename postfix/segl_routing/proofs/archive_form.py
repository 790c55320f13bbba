"""The text form in which a domain's evidence is kept in the store: JSON, one object a proof.

What is read may be of another version, or damaged: whatever does not make sense as a whole counts as nothing,
and costs a look-up.
"""

from __future__ import annotations

import json
import math
from typing import Any

from segl.errors import RoutingError
from segl.vocabulary import Known, Proof
from segl_routing.proofs.defects import Defect, Repair
from segl_routing.proofs.facts import KeptEvidence, strongest_first
from segl_routing.proofs.tls_policy import Level, StsTold, TlsPolicy

# What a proof's yes may tell Postfix. The store is shared with processes that know nothing of routing; what is in it
# must not make a weaker policy out of a stronger proof.
_LEVELS = {
    Proof.DANE: (Level.DANE_ONLY,),
    Proof.MTA_STS: (Level.SECURE,),
    Proof.PINNED: (),
    Proof.PKIX: (Level.VERIFY, Level.SECURE),
    Proof.ENCRYPT: (Level.ENCRYPT,),
    Proof.SEALED: (),
}


def to_text(evidence: tuple[KeptEvidence, ...]) -> str:
    return json.dumps([_to_dict(one) for one in evidence], ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> tuple[KeptEvidence, ...]:
    """Raises :class:`ValueError` when it makes no sense."""
    try:
        forms = json.loads(text)
        evidence = tuple(_from_dict(form) for form in forms)
    except (KeyError, TypeError, AttributeError, RecursionError, RoutingError) as error:
        raise ValueError(f"evidence that cannot be read: {type(error).__name__}") from None
    if not evidence or not isinstance(forms, list):
        raise ValueError("no evidence")
    if len({one.proof for one in evidence}) != len(evidence):
        raise ValueError("evidence with a proof twice")
    return strongest_first(evidence)


def _to_dict(one: KeptEvidence) -> dict[str, Any]:
    form: dict[str, Any] = {
        "proof": one.proof.value,
        "known": one.known.value,
        "reason": one.reason,
        "checked_at": one.checked_at,
        "ends": one.ends,
    }
    if one.bars:
        form["bars"] = True
    if one.unknown_since is not None:
        form["unknown_since"] = one.unknown_since
    if one.defect is not None:
        form["repair"], form["host"] = one.defect.repair.value, one.defect.host
    if one.policy is not None:
        form["level"] = one.policy.level.value
        form["match"] = list(one.policy.match)
        form["named"] = one.policy.named
        if (sts := one.policy.sts) is not None:
            form["sts"] = {"domain": sts.domain, "patterns": list(sts.patterns), "lines": list(sts.lines)}
    return form


def _policy(form: dict[str, Any]) -> TlsPolicy:
    sts = form.get("sts")
    told = sts and StsTold(str(sts["domain"]), tuple(sts["patterns"]), tuple(sts["lines"]))
    return TlsPolicy(Level(form["level"]), tuple(form["match"]), named=bool(form["named"]), sts=told or None)


def _from_dict(form: dict[str, Any]) -> KeptEvidence:
    proof, known = Proof(form["proof"]), Known(form["known"])
    since = form.get("unknown_since")
    policy = _policy(form) if "level" in form else None
    if (policy is not None) is not (known is Known.YES) and form["ends"] > form["checked_at"]:
        raise ValueError("a proof without its policy, or a policy without its proof")
    if policy is not None and (
        policy.level not in _LEVELS[proof] or (policy.sts is None) is (proof is Proof.MTA_STS)
    ):
        raise ValueError("a policy that is another proof's")
    times = (form["checked_at"], form["ends"], 0.0 if since is None else since)
    if not all(map(math.isfinite, times)):
        raise ValueError("a time that is none")
    return KeptEvidence(
        proof=proof,
        known=known,
        reason=str(form["reason"]),
        checked_at=float(form["checked_at"]),
        ends=float(form["ends"]),
        bars=bool(form.get("bars", False)),
        policy=policy,
        unknown_since=None if since is None else float(since),
        defect=Defect(Repair(form["repair"]), str(form["host"])) if "repair" in form else None,
    )
