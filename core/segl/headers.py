"""The header fields Segl adds and takes off. None that begins with ``X-Segl-`` leaves the house; ``Segl-Answer`` and
``Segl-Opened`` stay on a mail, for people and their rules, wherever it is passed on to."""

from __future__ import annotations

import re

PREFIX = "x-segl-"
ROUTE = "X-Segl-Route"  # the verdict, for Postfix's milter_header_checks: plain | secure
UNREAD = "X-Segl-Unread"  # between own people, and read by nobody: for milter_header_checks (decision 107)
LEAST = "X-Segl-Least"  # the least proof the message demands (segl.demand_tag), for milter_header_checks
ID = "X-Segl-Id"  # joins milter log, sealed message and receipt of one message
OPEN = "X-Segl-Open"  # S/MIME for an own recipient: the return port hands it to segl-deliver (segl-strip)
FACTS = "X-Segl-Facts"  # what the receipt will tell of the message, sealed (segl.receipts.key)
HELD = "X-Segl-Hold"  # on a message in the front's hold queue: the reasons of its verdict (segl.postfix.hold_queue)
ENVELOPE_ID = "X-Segl-Envelope-Id"  # the ENVID (RFC 3461) the client gave, when it gave one

# What the links of its sealed message are made from (segl.sealed.keys): random, and nowhere but on the message.
LINK = "X-Segl-Link"
WISHES = "X-Segl-Wishes"  # what the subject asked of the portal (segl.wishes), taken off it by the milter

# These two stay on. Forged ones are taken off.
ANSWER = "Segl-Answer"  # written in the portal
OPENED = "Segl-Opened"  # what segl-deliver made of an encrypted message

# Headers of a sender that would steer our own machinery: forged X-Segl-*, and RFC 8689's
# TLS-Required, by which Postfix 3.10 lets a message undo forced TLS.
_STEERING = frozenset({"tls-required", OPENED.lower(), ANSWER.lower()})
# Some programs take a bare CR for a line's end, and what stands behind it for a field.
_BEHIND_CR = re.compile(rb"\r[ \t]*([!-9;-~]{1,76})[ \t]*:([^\r]*)")


def steers(name: str) -> bool:
    """Whether a header of this name must be taken off a message that comes in."""
    lower = name.strip().lower()
    return lower.startswith(PREFIX) or lower in _STEERING


def claims_smime(name: str, value: bytes) -> bool:
    """Whether a header of this name says something about an S/MIME signature (RFC 8601, RFC 7281), which only
    segl-deliver may. That of other methods is left to whoever wrote it: the site's own DKIM filter comes before us,
    and under the same name."""
    return name.strip().lower() == "authentication-results" and b"smime" in value.lower()


def hides_steering(value: bytes) -> bool:
    """Whether a bare CR in *value*, whose line ends are LF, makes some program see a field behind it that only we may
    write. Postfix turns bare CRs into blanks since 3.9, unless it is told not to."""
    return b"\r" in value and any(
        steers(name.decode("ascii")) or claims_smime(name.decode("ascii"), rest)
        for name, rest in _BEHIND_CR.findall(value)
    )
