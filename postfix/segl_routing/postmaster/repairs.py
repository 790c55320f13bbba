"""What a recipient domain would have to repair, so that its mail can go by forced TLS: read from what was found out.

The evidence that is kept holds a clause for people in place of a code. The clauses are our own, so they are told
apart here by the very constants they were made from (:mod:`segl_routing.proofs.probe`,
:mod:`~segl_routing.proofs.sts_fetch`, :mod:`~segl_routing.proofs.sts_policy`). What no pattern knows is nothing that
the domain's postmaster could repair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from segl.vocabulary import Known, Proof
from segl_routing.fallback.marking import Marked
from segl_routing.proofs.facts import DomainFacts, Held
from segl_routing.proofs.probe import ProbeResult
from segl_routing.proofs.sts_fetch import Refusal
from segl_routing.proofs.sts_policy import Fault
from segl_routing.proofs.weigh import weigh


class Repair(StrEnum):
    """One thing to repair, or to publish."""

    NO_STARTTLS = "no-starttls"
    OLD_TLS = "old-tls"
    SELF_SIGNED = "self-signed"
    EXPIRED = "expired"
    WRONG_NAME = "wrong-name"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"
    NO_ANSWER = "no-answer"
    TLSA_MISMATCH = "tlsa-mismatch"
    DNS = "dns"  # does not answer, or its DNSSEC is broken
    STS_NOT_LISTED = "sts-not-listed"
    STS_BROKEN = "sts-broken"
    STS_TESTING = "sts-testing"
    DELIVERY = "delivery"  # a check says yes, and Postfix could not deliver
    STRONGER = "stronger"  # nothing is wrong, but more is demanded than the domain proves


@dataclass(frozen=True, slots=True)
class Finding:
    """``host`` is the mail host it is about, empty when it is about the domain; ``found`` the clause as kept."""

    repair: Repair
    host: str
    found: str

    def as_dict(self) -> dict[str, str | None]:
        return {"repair": self.repair.value, "host": self.host or None, "found": self.found}


def findings(facts: DomainFacts | None, mark: Marked | None, least: Proof) -> tuple[Finding, ...]:
    """What to repair, the weightiest first, each once; nothing when the domain meets *least* and is not marked, or
    when nothing is known of it."""
    told: list[Finding] = []
    if mark is not None and mark.stands:
        words = mark.reason.partition(": ")[2] or mark.reason
        host = _DELIVERED_TO.search(words)
        told.append(Finding(Repair.DELIVERY, host[1] if host else "", words))
    if facts is not None and facts.no_mail is None and weigh(facts.held, least).known is not Known.YES:
        told += _of_evidence(facts, least)
    return tuple({(one.repair, one.host): one for one in reversed(told)}.values())[::-1]


def _of_evidence(facts: DomainFacts, least: Proof) -> Iterator[Finding]:
    advice: list[Finding] = []
    barred = found_any = False
    for one in facts.held:
        if one.known is not Known.YES and one.proof is not Proof.ENCRYPT and not barred:
            for finding in _of(one):
                if finding.repair is Repair.STS_TESTING:
                    advice.append(finding)
                else:
                    found_any = True
                    yield finding
        barred = barred or (one.bars and one.known is not Known.YES)
    holds = any(one.known is Known.YES and one.proof is not Proof.ENCRYPT for one in facts.held)
    if holds and not found_any:
        yield Finding(Repair.STRONGER, "", f"{least} is demanded")
    yield from advice


def _of(held: Held) -> Iterator[Finding]:
    for repair, pattern in _PATTERNS:
        if match := pattern.search(held.reason):
            yield Finding(repair, match.groupdict().get("host") or "", held.reason)
            return


def _host(*clauses: str) -> re.Pattern[str]:
    return re.compile(rf"mail host (?P<host>\S+) (?:{'|'.join(map(re.escape, clauses))})")


_BY_PROBE = {
    ProbeResult.NO_STARTTLS: Repair.NO_STARTTLS,
    ProbeResult.TLS_FAILED: Repair.OLD_TLS,
    ProbeResult.SELF_SIGNED: Repair.SELF_SIGNED,
    ProbeResult.EXPIRED: Repair.EXPIRED,
    ProbeResult.WRONG_NAME: Repair.WRONG_NAME,
    ProbeResult.UNTRUSTED: Repair.UNTRUSTED,
    ProbeResult.REFUSED: Repair.REFUSED,
    ProbeResult.UNREACHABLE: Repair.NO_ANSWER,
    ProbeResult.TIMED_OUT: Repair.NO_ANSWER,
    ProbeResult.CLOSED: Repair.NO_ANSWER,
    ProbeResult.GARBLED: Repair.NO_ANSWER,
}
_BROKEN_RECORD = "|".join(re.escape(fault) for fault in (Fault.SEVERAL_RECORDS, Fault.BAD_RECORD))
_BROKEN_POLICY = "|".join(
    re.escape(refusal.clause) for refusal in Refusal if refusal not in (Refusal.DNS_UNSURE, Refusal.BUSY)
)

_PATTERNS = (
    (Repair.TLSA_MISMATCH, _host("shows a certificate that its TLSA records do not name")),
    *((repair, _host(result.clause)) for result, repair in _BY_PROBE.items()),
    (Repair.STS_NOT_LISTED, re.compile(r"^no mail host of \S+ is on the list of its MTA-STS policy$")),
    (Repair.STS_TESTING, re.compile(r"^the MTA-STS policy is in mode testing\b")),
    (Repair.STS_BROKEN, re.compile(rf"^mta-sts\.\S+ (?:{_BROKEN_POLICY}|has a policy that )")),
    (Repair.STS_BROKEN, re.compile(rf"^\S+ (?:{_BROKEN_RECORD})$")),
    (Repair.DNS, re.compile(r"^DNS \S+|^the DNS of its mail hosts does not answer")),
)

# Where Postfix's words name the host that failed (segl_routing.fallback.failures).
_DELIVERED_TO = re.compile(r"(?:host|connect to|with) ([A-Za-z0-9_.-]+)\[")
