"""The outcome of routing one recipient's copy. There are three:

* :class:`Routed`: the way, and its Postfix transport and next hop (transport(5));
* :class:`Refused`: no way can work, ever: the domain does not exist or takes no mail, or the address has
  no domain. Postfix returns the mail to the sender, who can correct the address;
* :class:`Undecided`: it cannot be determined now. The recipient waits; this never becomes a weaker way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segl.vocabulary import Proof, Route, Way
from segl_routing.dns.no_mail import NoMail


@dataclass(frozen=True, slots=True)
class Step:
    """One consideration on the way to an outcome: what was found of a way, or without one that a policy counts."""

    way: Way | None
    reason: str

    def __str__(self) -> str:
        return f"{self.way or 'policy'}: {self.reason}"


def told(*steps: Step) -> tuple[str, ...]:
    """As outcomes and routes show them."""
    return tuple(map(str, steps))


@dataclass(frozen=True, slots=True)
class Routed:
    """The recipient goes by ``route.way``; ``transport`` is the answer to Postfix. ``proof`` is what the way ``tls``
    rests on."""

    route: Route
    transport: str
    proof: Proof | None = None

    @property
    def to_another_server(self) -> bool:
        """Whether Postfix connects to a server outside for it, and may fail with the words of that."""
        return self.transport.startswith(("segl-tls", "segl-relay:"))

    def as_dict(self) -> dict[str, Any]:
        return {**self.route.as_dict(), "transport": self.transport, "proof": self.proof and self.proof.value}


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
    """The recipient waits. ``unchecked`` names the domain whose live check would decide; ``unfound`` the address
    (as asked) whose certificate is being looked for."""

    recipient: str
    reason: str
    steps: tuple[str, ...] = ()
    unchecked: str = ""
    unfound: str = ""

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

REFUSALS = {
    NoMail.NO_SUCH_DOMAIN: ("5.1.2", "the recipient's domain does not exist"),
    NoMail.NULL_MX: ("5.1.10", "the recipient's domain takes no mail (null MX)"),
    NoMail.NO_HOST: ("5.4.4", "the recipient's domain has no mail server"),
}
