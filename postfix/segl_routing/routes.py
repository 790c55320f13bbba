"""Chooses the way for one recipient's copy. Pure: what is known comes in, the decision goes out.

The order is that of ``docs/flow.md``: own domain, the postmaster's pin, then the ways in the order of the
settings, each taken if its proof is as strong as the domain and the message demand. The result is one of
:mod:`segl_routing.outcome`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

from segl.addresses import is_relayed, split_address
from segl.demand_tag import TLS_DEMANDS
from segl.policy.table import NO_TERMS, Message, Terms
from segl.settings.canary import OWN_SINK, way_of_sink
from segl.settings.document import Settings
from segl.settings.routing import DomainPin, Routing
from segl.settings.values import is_address, next_hop_host
from segl.vocabulary import Known, Proof, Route, Way
from segl_routing.lookups import Lookups
from segl_routing.outcome import REFUSALS, Outcome, Refused, Routed, Step, Undecided, told
from segl_routing.proofs.facts import DomainFacts
from segl_routing.proofs.tls_policy import ENCRYPT, Level, TlsPolicy, pinned_key
from segl_routing.proofs.weigh import Weighed, weigh


class RouteTable:
    """The settings as far as they route, ready for quick asking. Build a new one for new settings."""

    def __init__(self, settings: Settings, canary_pin: str = "", here: frozenset[str] = frozenset()) -> None:
        """*canary_pin*: the key that the sink behind ``tls`` must show (:mod:`segl.canary.way_key`); without it nothing
        goes there. *here*: names that this host bears itself (:class:`segl_routing.own_postfix.OwnPostfix`)."""
        self._here = here
        self._settings = settings
        self._pins: dict[str, DomainPin | None] = {}
        self._next_hops = {pin.next_hop.lower(): pin for pin in settings.domain if pin.next_hop}
        host, _, port = settings.postfix.return_port.rpartition(":")
        self._internal = f"segl-internal:[{host.strip('[]')}]:{port}"
        self._tunnel = f"segl-tunnel:unix:{settings.delivery.tunnel_socket}"
        self._certificate = f"segl-certificate:unix:{settings.delivery.certificate_socket}"
        self._portal = f"segl-portal:unix:{settings.delivery.portal_socket}"
        self._canary = f"segl-canary:unix:{settings.canary_socket}"
        host, _, port = settings.canary.tls_sink.rpartition(":")
        self._tls_sink = f"[{host.strip('[]')}]:{port}"
        self._tls_sink_policy = pinned_key(canary_pin) if canary_pin else None
        self._relay = settings.portal.relay
        self._policies = settings.policies.about(Message()) if settings.policies.by_recipient else None

    @property
    def routing(self) -> Routing:
        return self._settings.routing

    def decide(
        self,
        recipient: str,
        known: Lookups,
        *,
        now: float,
        least: Proof = Proof.ENCRYPT,
    ) -> Outcome:
        """The way of *recipient*, by what is *known*. *least* is what the message demands of its own
        (``segl.demands``); *now* is Unix time."""
        if (sink := self._sink(recipient)) is not None:
            return sink
        local, domain = split_address(recipient)
        if not domain:
            return Refused(recipient, "5.1.3", "the address has no domain name that mail can be sent to")
        if self._settings.is_own(domain):
            return self._own(recipient, local, domain, now)
        pin = self._pin(domain)
        if pin is None and domain in self._here:
            return self._own(recipient, local, domain, now, "this host")
        terms = self._policies.terms(recipient) if self._policies else NO_TERMS
        if terms.least is not None and terms.least.least is not None:
            least = Proof.strictest((least, terms.least.least))
        asked = _Asked(recipient, domain, Proof.strictest((least, self.least(domain))), least, now, terms)
        if pin is None or pin.way is None:
            return self._by_order(asked, known)
        reason = f"pinned to {pin.way} in the settings"
        if pin.name != domain:
            reason += f", with all below {pin.name}"
        if pin.way is Way.TLS:
            short = self._pin_falls_short(pin, asked, known)
            if short:
                return self._by_order(asked, known, f"{reason}, but {short}")
            if pin.proof is Proof.ENCRYPT:
                reason += ", with any certificate"
        proof = pin.proof if pin.way is Way.TLS else None
        return self._routed(asked, pin.way, reason, [Step(pin.way, reason)], proof, pin.next_hop)

    def _sink(self, recipient: str) -> Routed | None:
        """Canaries go their way whatever the order, the domain or the message demand: it is the way that is tried."""
        way = way_of_sink(recipient)
        if way is None and recipient.lower() != OWN_SINK:
            return None
        transports = {
            Way.TUNNEL: self._tunnel,
            Way.CERTIFICATE: self._certificate,
            Way.TLS: f"segl-tls:{self._tls_sink}",
            Way.PORTAL: self._portal,
        }
        reason = "the canaries' own sink" if way is None else f"the canaries' sink behind {way}"
        taken = way or Way.INTERNAL
        route = Route(recipient, taken, reason, told(Step(taken, reason)))
        return Routed(route, self._canary if way is None else transports[way])

    def is_sink(self, recipient: str) -> bool:
        """Whether nobody's mail goes there, but canaries."""
        return self._settings.canary.knows(recipient)

    def least(self, domain: str) -> Proof:
        """What TLS to *domain* must prove for every message."""
        pin = self._pin(domain)
        if pin is None or (pin.least is None and pin.way is None):
            return self._settings.routing.least
        if pin.least is not None:
            return pin.least
        # the postmaster's word for TLS there stands in for what is demanded of domains he knows nothing about
        return Proof.PKIX if pin.way is Way.TLS else self._settings.routing.least

    def proven(
        self, next_hop: str, last: Callable[[str], DomainFacts | None], least: Proof = Proof.ENCRYPT
    ) -> Proven | None:
        """The TLS policy for *next_hop* as Postfix asks for it, and the proof it rests on: what was proven for it at
        its strongest, if that meets *least*, which is what the message demands.

        ``None`` leaves the level of master.cf, which is ``secure`` by the next hop's own name and so refuses
        what was never proven. A proof that has run out still gives its policy: it is checked again at delivery.
        """
        if next_hop == self._tls_sink and self._tls_sink_policy is not None:
            return Proven(Proof.PINNED, self._tls_sink_policy)
        by_hop = self._next_hops.get(next_hop.lower())
        if by_hop is not None and not by_hop.proof.meets(least):
            by_hop = None
        own = None if next_hop.startswith("[") else self._policy_of_domain(next_hop, last, least)
        if own is not None and (by_hop is None or own.proof.rank > by_hop.proof.rank):
            return own
        return None if by_hop is None else Proven(by_hop.proof, _pinned_policy(by_hop))

    def _policy_of_domain(
        self, next_hop: str, last: Callable[[str], DomainFacts | None], least: Proof
    ) -> Proven | None:
        """For mail to the mail hosts of a domain."""
        try:
            domain = next_hop_host(next_hop)
        except ValueError:
            return None
        pin = self._pin(domain)
        if pin is not None and pin.way is not None and pin.proof.meets(least):
            return Proven(pin.proof, _pinned_policy(pin)) if pin.way is Way.TLS else None
        known = last(domain)
        if known is None or known.no_mail is not None:
            return None
        taken = weigh(known.evidence, Proof.strictest((least, self.least(domain)))).taken
        return None if taken is None or taken.policy is None else Proven(taken.proof, taken.policy)

    def proven_at(self, domain: str, last: Callable[[str], DomainFacts | None]) -> float | None:
        """When that was found out (Unix seconds) by which forced TLS may be taken for *domain*; a pin holds at any
        time. ``None``: it may not."""
        pin = self._pin(domain)
        if pin is not None and pin.way is not None:
            return float("inf") if pin.way is Way.TLS else None
        known = last(domain)
        taken = weigh(known.evidence, self.least(domain)).taken if known is not None else None
        return None if taken is None else taken.checked_at

    def _own(
        self, recipient: str, local: str, domain: str, now: float, reason: str = "own domain"
    ) -> Outcome:
        """Back into the house; unless the local part names a further host, in the manners of before DNS
        (``user%host``, ``host!user``), by which Postfix would send it out again.

        From where mail goes on outside when it has come in, nothing that must be secure may come in as it is. A notice
        may, and leads the reader to where it is sealed. (Where Postfix itself follows an alias before the message is
        handed over, it asks for the address outside, and that gets its own way.)"""
        if is_relayed(local):
            return Refused(
                recipient, "5.1.3", "an own address must not name a further host in its local part"
            )
        if self._settings.leads_outside(recipient):
            reason = f"{reason}, from where it leads outside (organisation.forwarded)"
            asked = _Asked(recipient, domain, Proof.ENCRYPT, Proof.ENCRYPT, now, NO_TERMS)
            return self._routed(asked, Way.PORTAL, reason, [Step(Way.PORTAL, reason)], None)
        route = Route(recipient, Way.INTERNAL, reason, told(Step(Way.INTERNAL, reason)))
        return Routed(route, self._internal)

    def _pin_falls_short(self, pin: DomainPin, asked: _Asked, known: Lookups) -> str:
        """Why the pin's TLS cannot be used for this copy; empty when it can."""
        mark = known.mark(asked.domain)
        if mark is not None:
            return mark.reason
        if not pin.proof.meets(asked.least):
            return f"that proves {pin.proof}, and {asked.least} is demanded"
        return ""

    def _by_order(self, asked: _Asked, known: Lookups, no_tls: str = "") -> Outcome:
        """The usual order; *no_tls* says why TLS is out of the question, if it is."""
        steps = [Step(None, f"{one} counts for this recipient") for one in asked.policies]
        proof: Proof | None = None
        for way in self._order(asked):
            match way:
                case Way.TUNNEL:
                    state = known.tunnel(asked.domain)
                    taken, reason = state.usable, state.reason
                case Way.CERTIFICATE:
                    found = known.certificate(asked.recipient)
                    taken, reason = found.known is Known.YES, found.reason
                    if found.known is Known.UNKNOWN:
                        steps.append(Step(way, f"{reason}; asked again until something is known"))
                        return Undecided(asked.recipient, reason, told(*steps), unfound=asked.recipient)
                case Way.TLS:
                    answer = Weighed(Known.NO, no_tls) if no_tls else self._by_tls(asked, known, steps)
                    if not isinstance(answer, Weighed):
                        return answer
                    taken, reason = answer.known is Known.YES, answer.reason
                    proof = answer.taken.proof if answer.taken else None
                case Way.PORTAL:
                    taken = True
                    before = [step for step in steps if step.way is not None]
                    reason = before[-1].reason if before else self._first(asked)
                case Way.PLAIN | Way.INTERNAL:
                    raise ValueError(f"{way} is no way to somebody outside")
                case _:
                    assert_never(way)
            if taken:
                return self._taken(asked, way, reason, steps, proof if way is Way.TLS else None)
            steps.append(Step(way, reason))
        # Settings always end with the portal.
        return Undecided(asked.recipient, "no way is left", told(*steps))

    def _by_tls(self, asked: _Asked, known: Lookups, steps: list[Step]) -> Weighed | Refused | Undecided:
        """Whether TLS may be taken and why; or the outcome, where it cannot be told or no way can work."""
        if asked.least is Proof.SEALED:
            return Weighed(Known.NO, "not enough for this message")
        mark = known.mark(asked.domain)
        if mark is not None:
            return Weighed(Known.NO, mark.reason)
        facts = known.facts(asked.domain)
        if facts is None:
            return Undecided(asked.recipient, "not checked yet", told(*steps), unchecked=asked.domain)
        if facts.no_mail is not None:
            steps.append(Step(Way.TLS, facts.reason))
            return Refused(asked.recipient, *REFUSALS[facts.no_mail], told(*steps))
        weighed = weigh(facts.evidence, asked.least)
        if weighed.known is not Known.UNKNOWN:
            return weighed
        waited = max(0.0, asked.now - (asked.now if weighed.since is None else weighed.since))
        if waited < self._settings.routing.undecided_seconds:
            steps.append(Step(Way.TLS, f"{weighed.reason}; asked again until something is known"))
            return Undecided(asked.recipient, weighed.reason, told(*steps))
        reason = f"{weighed.reason}; nothing could be found out for {waited / 60:.0f} minutes"
        return Weighed(Known.NO, reason)

    def _taken(self, asked: _Asked, way: Way, reason: str, steps: list[Step], proof: Proof | None) -> Outcome:
        order = self._order(asked)
        later = order[order.index(way) + 1 :]
        here = Step(way, "takes anyone" if way is Way.PORTAL else reason)
        every = [*steps, here, *(Step(other, "not needed") for other in later)]
        return self._routed(asked, way, reason, every, proof)

    def _order(self, asked: _Asked) -> Sequence[Way]:
        entry = asked.terms.order
        return self._settings.routing.order if entry is None or entry.order is None else entry.order

    def _first(self, asked: _Asked) -> str:
        by = "the settings" if asked.terms.order is None else f"policy {asked.terms.order.name}"
        return f"first in the order of {by}"

    def _routed(
        self,
        asked: _Asked,
        way: Way,
        reason: str,
        steps: Sequence[Step],
        proof: Proof | None,
        next_hop: str = "",
    ) -> Routed:
        """*proof* is what forced TLS rests on, *next_hop* whom a pin of it names."""
        match way:
            case Way.TUNNEL:
                transport = self._tunnel
            case Way.CERTIFICATE:
                transport = self._certificate
            case Way.TLS:
                name = f"segl-tls-{asked.demanded}" if asked.demanded in TLS_DEMANDS else "segl-tls"
                transport = f"{name}:{next_hop or self._next_hop(asked.domain)}"
            case Way.PORTAL if self._relay.takes(asked.domain):
                transport = f"segl-relay:{self._relay.next_hop}"
            case Way.PORTAL:
                transport = self._portal
            case Way.PLAIN | Way.INTERNAL:
                raise ValueError(f"nobody outside is sent mail by {way}")
            case _:
                assert_never(way)
        return Routed(Route(asked.recipient, way, reason, told(*steps)), transport, proof)

    def _next_hop(self, domain: str) -> str:
        port = self._settings.routing.smtp_port
        return domain if port == 25 else f"{domain}:{port}"

    def _pin(self, domain: str) -> DomainPin | None:
        """The pin of *domain*, remembered: there may be thousands, and every recipient is asked for."""
        try:
            return self._pins[domain]
        except KeyError:
            if len(self._pins) >= 100_000:
                self._pins.clear()
            return self._pins.setdefault(domain, self._settings.pin(domain))


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question: the recipient, and the least proof that its domain and its message demand."""

    recipient: str
    domain: str
    least: Proof
    demanded: Proof  # by the message, and by policies about the recipient
    now: float
    terms: Terms

    @property
    def policies(self) -> list[str]:
        """The names of the entries that say something about the way."""
        return list(dict.fromkeys(one.name for one in (self.terms.order, self.terms.least) if one))


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof, and the policy that rests on it."""

    proof: Proof
    policy: TlsPolicy


def _pinned_policy(pin: DomainPin) -> TlsPolicy:
    if pin.least is Proof.ENCRYPT and not pin.match:
        return ENCRYPT
    level = Level.SECURE if pin.match else Level.VERIFY
    return TlsPolicy(level, pin.match, named=not (pin.next_hop and is_address(next_hop_host(pin.next_hop))))
