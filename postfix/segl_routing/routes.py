"""Decides by which way one recipient's copy goes. Pure: what is known comes in, the decision goes out.

The order is that of ``docs/flow.md``: own domain, the postmaster's pin, then the ways in the order of the
settings, each taken if it is *proven*. There are three outcomes:

* :class:`Routed`: the way, and the Postfix transport and next hop that stand for it (transport(5));
* :class:`Refused`: no way can work, ever: the domain does not exist or takes no mail, or the address has
  no domain. Postfix gives the mail back to the sender, who can mend the address;
* :class:`Undecided`: it cannot be told now. The recipient waits; this never becomes a weaker way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from segl.addresses import is_relayed, split_address
from segl.settings import DomainPin, Settings, is_address, next_hop_host
from segl.vocabulary import Known, Route, Way
from segl_routing.facts import DomainFacts
from segl_routing.mx import NoMail
from segl_routing.policy import VERIFY, Level, TlsPolicy
from segl_routing.tunnels import TunnelState


@dataclass(frozen=True, slots=True)
class Routed:
    """The recipient goes by ``route.way``; ``transport`` is the answer to Postfix."""

    route: Route
    transport: str

    def as_dict(self) -> dict[str, Any]:
        return {**self.route.as_dict(), "transport": self.transport}


@dataclass(frozen=True, slots=True)
class Refused:
    """The recipient cannot be reached by any way; ``status`` is the enhanced code (RFC 3463)."""

    recipient: str
    status: str
    reason: str
    steps: tuple[str, ...] = ()

    @property
    def transport(self) -> str:
        """As error(8) wants it: the text is what the sender reads in the bounce."""
        return f"error:{self.status} {self.reason}"

    def as_dict(self) -> dict[str, Any]:
        return {
            "recipient": self.recipient,
            "way": None,
            "refused": self.status,
            "reason": self.reason,
            "steps": list(self.steps),
            "transport": self.transport,
        }


@dataclass(frozen=True, slots=True)
class Undecided:
    """The recipient waits. ``unchecked`` names the domain whose live check would decide."""

    recipient: str
    reason: str
    steps: tuple[str, ...] = ()
    unchecked: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "recipient": self.recipient,
            "way": None,
            "undecided": True,
            "reason": self.reason,
            "steps": list(self.steps),
            "transport": None,
        }


Outcome = Routed | Refused | Undecided


class RouteTable:
    """The settings as far as they route, ready for quick asking. Build a new one for new settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pins: dict[str, DomainPin | None] = {}
        self._next_hops = {pin.next_hop.lower(): pin for pin in settings.domain if pin.next_hop}
        host, _, port = settings.postfix.return_port.rpartition(":")
        self._internal = f"segl-internal:[{host.strip('[]')}]:{port}"
        self._tunnel = f"segl-tunnel:unix:{settings.delivery.tunnel_socket}"
        self._portal = f"segl-portal:unix:{settings.delivery.portal_socket}"

    def decide(
        self,
        recipient: str,
        *,
        tunnel: Callable[[str], TunnelState],
        facts: Callable[[str], DomainFacts | None],
        now: float,
    ) -> Outcome:
        """The way of *recipient*. *tunnel* and *facts* tell what is known of a domain; *now* is Unix time."""
        local, domain = split_address(recipient)
        if not domain:
            return Refused(recipient, "5.1.3", "the address has no domain name that mail can be sent to")
        if self._settings.is_own(domain):
            return self._own(recipient, local)
        pin = self._pin(domain)
        if pin is not None:
            reason = f"pinned to {pin.way} in the settings"
            if pin.name != domain:
                reason += f", with all below {pin.name}"
            return self._routed(recipient, domain, pin.way, reason, (f"{pin.way}: {reason}",), pin)
        return self._by_order(recipient, domain, tunnel, facts, now)

    def policy(self, next_hop: str, last: Callable[[str], DomainFacts | None]) -> TlsPolicy | None:
        """The TLS policy for *next_hop* as Postfix asks for it.

        ``None`` leaves the level of master.cf, which is ``secure`` by the next hop's own name and so refuses
        what was never proven. A proof that has run out still gives ``verify``: the certificate is checked
        again at delivery.
        """
        by_hop = self._next_hops.get(next_hop.lower())
        if by_hop is not None:
            return _pinned_policy(by_hop)
        try:
            domain = next_hop_host(next_hop)
        except ValueError:
            return None
        if next_hop.startswith("["):
            return None
        own_pin = self._pin(domain)
        if own_pin is not None:
            return _pinned_policy(own_pin) if own_pin.way is Way.TLS else None
        known = last(domain)
        return VERIFY if known is not None and known.tls is Known.YES else None

    def _own(self, recipient: str, local: str) -> Outcome:
        """Back into the house; unless the local part names a further host, in the manners of before DNS
        (``user%host``, ``host!user``), by which Postfix would send it out again."""
        if is_relayed(local):
            return Refused(
                recipient, "5.1.3", "an own address must not name a further host in its local part"
            )
        reason = "own domain"
        route = Route(recipient, Way.INTERNAL, reason, (f"{Way.INTERNAL}: {reason}",))
        return Routed(route, self._internal)

    def _by_order(
        self,
        recipient: str,
        domain: str,
        tunnel: Callable[[str], TunnelState],
        facts: Callable[[str], DomainFacts | None],
        now: float,
    ) -> Outcome:
        steps: list[str] = []
        reason = "first in the order of the settings"
        for way in self._settings.routing.order:
            match way:
                case Way.TUNNEL:
                    state = tunnel(domain)
                    taken, reason = state.usable, state.reason
                case Way.TLS:
                    known = facts(domain)
                    if known is None:
                        return Undecided(recipient, "not checked yet", tuple(steps), unchecked=domain)
                    if known.no_mail is not None:
                        steps.append(f"{way}: {known.reason}")
                        return Refused(recipient, *_REFUSALS[known.no_mail], tuple(steps))
                    if self._waits(known, now):
                        steps.append(f"{way}: {known.reason}; asked again until something is known")
                        return Undecided(recipient, known.reason, tuple(steps))
                    taken, reason = known.tls is Known.YES, known.reason
                    if known.tls is Known.UNKNOWN:
                        reason += (
                            f"; nothing could be found out for {known.unknown_for(now) / 60:.0f} minutes"
                        )
                case Way.PORTAL:
                    taken = True
            if taken:
                return self._taken(recipient, domain, way, reason, steps)
            steps.append(f"{way}: {reason}")
        return Undecided(recipient, "no way is left", tuple(steps))  # settings always end with the portal

    def _taken(self, recipient: str, domain: str, way: Way, reason: str, steps: list[str]) -> Outcome:
        order = self._settings.routing.order
        later = order[order.index(way) + 1 :]
        here = f"{way}: takes anyone" if way is Way.PORTAL else f"{way}: {reason}"
        told = (*steps, here, *(f"{other}: not needed" for other in later))
        return self._routed(recipient, domain, way, reason, told, None)

    def _routed(
        self,
        recipient: str,
        domain: str,
        way: Way,
        reason: str,
        steps: tuple[str, ...],
        pin: DomainPin | None,
    ) -> Routed:
        match way:
            case Way.TUNNEL:
                transport = self._tunnel
            case Way.TLS:
                transport = f"segl-tls:{(pin and pin.next_hop) or self._next_hop(domain)}"
            case _:
                way, transport = Way.PORTAL, self._portal
        return Routed(Route(recipient, way, reason, steps), transport)

    def _next_hop(self, domain: str) -> str:
        port = self._settings.routing.smtp_port
        return domain if port == 25 else f"{domain}:{port}"

    def _waits(self, known: DomainFacts, now: float) -> bool:
        return (
            known.tls is Known.UNKNOWN and known.unknown_for(now) < self._settings.routing.undecided_seconds
        )

    def _pin(self, domain: str) -> DomainPin | None:
        """The pin of *domain*, remembered: there may be thousands, and every recipient is asked for."""
        try:
            return self._pins[domain]
        except KeyError:
            if len(self._pins) >= 100_000:
                self._pins.clear()
            return self._pins.setdefault(domain, self._settings.pin(domain))


def _pinned_policy(pin: DomainPin) -> TlsPolicy:
    level = Level.SECURE if pin.match else Level.VERIFY
    return TlsPolicy(level, pin.match, named=not (pin.next_hop and is_address(next_hop_host(pin.next_hop))))


_REFUSALS = {
    NoMail.NO_SUCH_DOMAIN: ("5.1.2", "the recipient's domain does not exist"),
    NoMail.NULL_MX: ("5.1.10", "the recipient's domain takes no mail (null MX)"),
    NoMail.NO_HOST: ("5.4.4", "the recipient's domain has no mail server"),
}
