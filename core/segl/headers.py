"""The header fields Segl adds and takes off. None of them leaves the house."""

from __future__ import annotations

PREFIX = "x-segl-"
ROUTE = "X-Segl-Route"  # the verdict, for Postfix's milter_header_checks: plain | secure
LEAST = "X-Segl-Least"  # the least proof the message demands (segl.demand_tag), for milter_header_checks
ID = "X-Segl-Id"  # joins milter log, sealed message and receipt of one message
ENVELOPE_ID = "X-Segl-Envelope-Id"  # the ENVID (RFC 3461) the client gave, when it gave one

# Headers of a sender that would steer our own machinery: forged X-Segl-*, and RFC 8689's
# TLS-Required, by which Postfix 3.10 lets a message undo forced TLS.
_STEERING = "tls-required"


def steers(name: str) -> bool:
    """Whether a header of this name must be taken off a message that comes in."""
    lower = name.strip().lower()
    return lower.startswith(PREFIX) or lower == _STEERING
