"""Joins what the proofs promise with what the mail hosts show, so that no promise is believed that cannot be kept.

**PKIX**: a domain is proven only when *every* mail host verifies: Postfix may use any of them, and a single
one without TLS would hold the mail back for hours. One plain no is a no; otherwise one host that could not be
asked leaves the domain undecided. Hosts without an address are left out, as Postfix leaves them out; so are
hosts where nobody answers, when another one verifies: many a domain has a second mail host that died long ago,
and should it come back without TLS, Postfix demands the certificate all the same.

**DANE, MTA-STS**: here Postfix itself passes over a host that is not the right one, and who the right one is does
not hang on DNS alone. So a host that cannot be reached takes nothing away. But one that answers, and is not
what was promised, is either broken or not the one we mean: then the promise *fails*, and bars what is weaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from segl.vocabulary import Known, Proof
from segl_routing.proofs.defects import Defect
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.hosts import HostResult
from segl_routing.proofs.providers import Providers
from segl_routing.proofs.sts_policy import matching
from segl_routing.proofs.tls_policy import ENCRYPT, VERIFY, TlsPolicy


@dataclass(frozen=True, slots=True)
class Met:
    """Whether one mail host shows what its TLSA records promise; where not, why, and what could be repaired."""

    known: Known
    reason: str = ""
    defect: Defect | None = None


def by_certificate(asked: Sequence[HostResult], providers: Providers) -> tuple[Evidence, Evidence]:
    """The evidence for PKIX and for encryption alone, of the mail hosts that have an address (at least one)."""
    present = [one for one in asked if not one.away] or asked
    away = "".join(f"; mail host {one.host} {one.clause}" for one in asked if one not in present)
    many = f"all {len(present)} mail hosts offer STARTTLS with a certificate that verifies"
    pkix = _against(Proof.PKIX, present, [one.known for one in present]) or Evidence(
        Proof.PKIX,
        Known.YES,
        (str(present[0]) if len(present) == 1 else many) + away,
        policy=_by_names(present, providers),
    )
    encrypt = _against(Proof.ENCRYPT, present, [one.encrypted for one in present]) or Evidence(
        Proof.ENCRYPT,
        Known.YES,
        "every mail host offers STARTTLS; its certificate is not checked" + away,
        policy=ENCRYPT,
    )
    return pkix, encrypt


def sts_with_probes(sts: Evidence, asked: Sequence[HostResult]) -> Evidence:
    """MTA-STS demands a certificate that verifies (RFC 8461 §4.2) of every host on its list."""
    if sts.known is not Known.YES or sts.policy is None or sts.policy.sts is None:
        return sts
    listed = [one for one in asked if matching(sts.policy.sts.patterns, one.host)]
    for one in listed:
        if one.known is Known.NO:
            return _fails(sts, f"{one}, but is on the list of an MTA-STS policy in mode enforce", one.defect)
    if listed and not any(one.known is Known.YES for one in listed):
        return _in_doubt(sts, str(listed[0]), listed[0].defect)
    return sts


def dane_with_probes(dane: Evidence, met: Sequence[Met]) -> Evidence:
    """*met* tells of each mail host with TLSA records whether it shows what they promise (or could not be seen)."""
    for one in met:
        if one.known is Known.NO:
            return _fails(dane, one.reason, one.defect)
    if dane.known is Known.NO:  # only some hosts have records: those must be seen to keep their promise
        for one in met:
            if one.known is Known.UNKNOWN:
                return _in_doubt(dane, one.reason, one.defect)
    return dane


def _fails(promise: Evidence, reason: str, defect: Defect | None) -> Evidence:
    return replace(promise, known=Known.NO, reason=reason, bars=True, policy=None, defect=defect)


def _in_doubt(promise: Evidence, reason: str, defect: Defect | None) -> Evidence:
    return replace(promise, known=Known.UNKNOWN, reason=reason, bars=True, policy=None, defect=defect)


def _against(proof: Proof, asked: Sequence[HostResult], known: list[Known]) -> Evidence | None:
    """One plain no is a no, otherwise one doubt is a doubt; ``None`` when all say yes."""
    for answer in (Known.NO, Known.UNKNOWN):
        if answer in known:
            one = asked[known.index(answer)]
            return Evidence(proof, answer, str(one), defect=one.defect)
    return None


def _by_names(asked: Sequence[HostResult], providers: Providers) -> TlsPolicy:
    """``secure`` by the names of the one provider that all hosts are of, where all were seen to carry them."""
    provider = providers.of_all(one.host for one in asked)
    if provider is None:
        return VERIFY
    carried = all(one.probed is not None and provider.vouched_by(one.probed.names) for one in asked)
    return provider.policy if carried else VERIFY
