"""What a recipient domain would have to repair, so that its mail can go by forced TLS: by what was found out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from segl.vocabulary import Known, Proof
from segl_routing.fallback.failures import host_in
from segl_routing.fallback.marking import Marked
from segl_routing.proofs.defects import Repair
from segl_routing.proofs.facts import DomainFacts
from segl_routing.proofs.weigh import weigh


@dataclass(frozen=True, slots=True)
class NeededRepair:
    """``host`` is the mail host it is about, empty when it is about the domain; ``found`` the clause as kept."""

    repair: Repair
    host: str
    found: str

    def as_dict(self) -> dict[str, str | None]:
        return {"repair": self.repair.value, "host": self.host or None, "found": self.found}


def needed_repairs(facts: DomainFacts | None, mark: Marked | None, least: Proof) -> tuple[NeededRepair, ...]:
    """What to repair, the weightiest first, each once; nothing when the domain meets *least* and is not marked, or
    when nothing is known of it."""
    told: list[NeededRepair] = []
    if mark is not None and mark.stands:
        told.append(NeededRepair(Repair.DELIVERY, host_in(mark.words), mark.words))
    if facts is not None and facts.no_mail is None and weigh(facts.evidence, least).known is not Known.YES:
        told += _of_evidence(facts, least)
    return tuple({(one.repair, one.host): one for one in reversed(told)}.values())[::-1]


def _of_evidence(facts: DomainFacts, least: Proof) -> Iterator[NeededRepair]:
    advice: list[NeededRepair] = []
    barred = found_any = False
    for one in facts.evidence:
        missing = one.known is not Known.YES
        if missing and one.defect is not None and one.proof is not Proof.ENCRYPT and not barred:
            needed = NeededRepair(one.defect.repair, one.defect.host, one.reason)
            if needed.repair is Repair.STS_TESTING:
                advice.append(needed)
            else:
                found_any = True
                yield needed
        barred = barred or (one.bars and missing)
    holds = any(one.known is Known.YES and one.proof is not Proof.ENCRYPT for one in facts.evidence)
    if holds and not found_any:
        yield NeededRepair(Repair.STRONGER, "", f"{least} is demanded")
    yield from advice
