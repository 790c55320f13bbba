"""The least proof a message demands, written onto its recipients' addresses inside the secure instance.

Postfix asks for a recipient's way by address alone, and for a TLS policy by next hop alone: nothing it asks
says which message it is about. So a message that demands more than usual goes into the secure instance by an
entrance of its own, and that entrance writes the demand behind the domain of each envelope recipient::

    bo@firma.example   →   bo@firma.example.least-dane.segl.invalid

``segl-map`` takes it off and decides by it; every transport takes it off again on the way out
(``smtp_generic_maps``). The domain does not exist (RFC 6761 §6.4), so a copy that kept it could go nowhere.
docs/decisions/0016-demands.md tells what else was thought of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl.vocabulary import Proof

SUFFIX = "segl.invalid"

# What can be demanded of a message. Encryption to nobody knows whom is what a domain may be let off with, never
# what a message asks for.
DEMANDS = tuple(proof for proof in Proof if proof is not Proof.ENCRYPT)
# Those that forced TLS can meet at all.
TLS_DEMANDS = tuple(proof for proof in DEMANDS if proof is not Proof.SEALED)

_TAG = re.compile(
    rf"(?P<address>.+)\.least-(?P<least>[a-z-]+)\.{re.escape(SUFFIX)}\.?", re.DOTALL | re.IGNORECASE
)


class UnknownDemand(ValueError):
    """The address bears a tag with a word that is no proof."""


def tagged(address: str, least: Proof) -> str:
    """*address* as the entrance for *least* writes it."""
    return f"{address}.least-{least}.{SUFFIX}"


def untagged(address: str) -> tuple[str, Proof | None]:
    """The address without its tag, and what the tag demands; ``None`` without one.

    Of several tags the strictest counts: whoever typed one cannot make it weaker. Raises :class:`UnknownDemand`.
    """
    demands = []
    while found := _TAG.fullmatch(address):
        address = found["address"]
        try:
            demands.append(Proof(found["least"].lower()))
        except ValueError:
            raise UnknownDemand(f"{found['least']!r} is no proof") from None
    return address, Proof.strictest(demands) if demands else None


def entrances(first: str) -> Iterator[tuple[Proof, str, int]]:
    """``(demand, host, port)`` of each entrance: ports one after the other, from *first* (``host:port``)."""
    host, _, port = first.rpartition(":")
    for number, proof in enumerate(DEMANDS):
        yield proof, host, int(port) + number
