"""What a signature is worth: whether it holds, whose it is, and whether that is the author of the message.

Passing takes all of it: the signature holds and is not weak (:mod:`segl_delivery.cms.signed`); its certificate
leads to an authority that the postmaster trusts (``certificates.trust``), or is the tunnel certificate of the
author's domain; it is for mail and valid now; nobody revoked it; and it names the author (From): her address, or her
domain by an authority's name (RFC 3183 §3.1.1). Of several signatures the best counts. Only the innermost signed
layer is looked at: it is the author's, those around it are what gateways added.

The words are those of RFC 7281 §3: ``pass``; ``fail`` for a signature that does not hold or was made with a revoked
certificate; ``policy`` for one that holds and proves nothing to us; ``neutral`` for one that cannot be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cryptography import x509

from segl.certificates.chain import Authorities
from segl.certificates.judgement import fingerprint, unfit_to_sign, untimely
from segl.certificates.names import addresses_of, signs_for
from segl.certificates.records import Revocation
from segl_delivery.cms.signed import Outcome, Signature, Signed
from segl_routing.certificates.standing import RevocationStanding


class SignatureResult(StrEnum):
    """RFC 7281 §3, the best first."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    NEUTRAL = "neutral"
    POLICY = "policy"
    FAIL = "fail"
    NONE = "none"


_ORDER: Final = list(SignatureResult)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result, why, and, when it passed, for which address (*identifier*), with certificate, chain, signature."""

    result: SignatureResult
    reason: str = ""
    identifier: str = ""
    certificate: x509.Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()
    signature: Signature | None = None


UNSIGNED: Final = Judgement(SignatureResult.NONE)


@dataclass(frozen=True, slots=True)
class Judge:
    """``standing`` tells of a chain's revocation, leaf first; ``pinned`` gives the tunnel certificates of a domain.
    Both may block. ``use_unknown``: a standing that nobody can tell is taken for good."""

    authorities: Authorities
    standing: Callable[[Sequence[x509.Certificate]], RevocationStanding]
    pinned: Callable[[str], Sequence[x509.Certificate]]
    use_unknown: bool = False

    def judge(self, signed: Signed | None, author: str, now: datetime) -> Judgement:
        """Of the innermost signed layer, for mail from *author* (``""``: it does not say so clearly)."""
        if signed is None or not signed.signatures:
            return UNSIGNED
        found = [self._one(signature, signed.certificates, author, now) for signature in signed.signatures]
        return min(found, key=lambda judgement: _ORDER.index(judgement.result))

    def _one(
        self, signature: Signature, along: Sequence[x509.Certificate], author: str, now: datetime
    ) -> Judgement:
        certificate = signature.certificate
        if signature.outcome is Outcome.ALTERED:
            return Judgement(SignatureResult.FAIL, "the signature does not hold")
        if signature.outcome is not Outcome.GOOD or certificate is None:
            return Judgement(
                SignatureResult.NEUTRAL, "the signature cannot be read, or lacks its certificate"
            )
        if signature.weakness:
            return Judgement(SignatureResult.POLICY, f"weak: {signature.weakness}")
        if fault := untimely(certificate, now) or unfit_to_sign(certificate):
            return Judgement(SignatureResult.POLICY, f"the certificate: {fault}")
        identifier = _names_author(certificate, author)
        if pin := self._pin(signature, certificate, author):
            return pin
        if not identifier:
            return Judgement(SignatureResult.POLICY, "the signer is not the author")
        chain = self.authorities.chain(certificate, now, along)
        if chain.fault:
            return Judgement(SignatureResult.POLICY, "no trusted authority stands behind the certificate")
        standing = self.standing(chain.certificates)
        if standing.revocation is Revocation.REVOKED:
            return Judgement(SignatureResult.FAIL, "the certificate was revoked")
        if standing.revocation is Revocation.UNKNOWN and not self.use_unknown:
            return Judgement(SignatureResult.NEUTRAL, "whether the certificate was revoked is not known now")
        return Judgement(SignatureResult.PASS, "", identifier, certificate, chain.certificates, signature)

    def _pin(self, signature: Signature, certificate: x509.Certificate, author: str) -> Judgement | None:
        """The partner's own tunnel certificate: the postmaster, or an accepted list, said whose it is."""
        domain = author.rpartition("@")[2]
        pinned = self.pinned(domain) if domain else ()
        if fingerprint(certificate) not in map(fingerprint, pinned):
            return None
        return Judgement(SignatureResult.PASS, "", f"@{domain}", certificate, (), signature)


def _names_author(certificate: x509.Certificate, author: str) -> str:
    """The author's address when the certificate names it, ``@domain`` when it speaks for her domain."""
    domain = author.rpartition("@")[2]
    if not author:
        return ""
    if author in addresses_of(certificate):
        return author
    return f"@{domain}" if signs_for(certificate, domain) else ""
