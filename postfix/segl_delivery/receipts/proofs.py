"""On which proof's word a copy went by forced TLS, as far as it is still known: what segl-map knew then, not what it
would find now. Where that was looked up anew since, nothing is said; nor of copies that went before the settings, pins
among them, came into force as they are now (:mod:`segl.settings_trail`)."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from segl.addresses import domain_of
from segl.receipts.states import Line
from segl.settings import Settings
from segl.settings_trail import in_force_since
from segl.vocabulary import Known, Proof, Way
from segl_routing.archive import facts_in
from segl_routing.facts import DomainFacts
from segl_routing.weigh import weigh


def proofs_of(connection: Connection, settings: Settings, lines: list[Line]) -> dict[str, Proof]:
    """By recipient."""
    domains = {line.recipient: domain_of(line.recipient) for line in lines}
    known = facts_in(connection, {name for name in domains.values() if name})
    begun = in_force_since(connection)
    found = {}
    for line in lines:
        if line.at < begun:
            continue
        domain = domains[line.recipient]
        proof = _proof(settings, domain, known.get(domain), line.at)
        if proof is not None:
            found[line.recipient] = proof
    return found


def _proof(settings: Settings, domain: str, facts: DomainFacts | None, at: float) -> Proof | None:
    pin = settings.pin(domain)
    if pin is not None and pin.way is Way.TLS:
        return pin.proof
    if facts is None:
        return None
    weighed = weigh(facts.held, Proof.PKIX)
    if weighed.known is not Known.YES or weighed.taken is None or weighed.taken.checked_at > at + 1:
        return None
    return weighed.taken.proof
