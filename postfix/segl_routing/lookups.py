"""What the route table asks about a recipient and its domain.

All four are asked for every recipient and answer at once, from memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from segl_routing.proofs.facts import DomainFacts
from segl_routing.states import CertificateState, Mark, no_certificate, no_mark
from segl_routing.tunnels import TunnelState


@dataclass(frozen=True, slots=True)
class Lookups:
    """Who tells what is known. ``tunnel``, ``facts`` and ``mark`` are asked of a domain (normal form), ``certificate``
    of a recipient (full address)."""

    tunnel: Callable[[str], TunnelState]
    facts: Callable[[str], DomainFacts | None]
    certificate: Callable[[str], CertificateState] = no_certificate
    mark: Callable[[str], Mark | None] = no_mark
