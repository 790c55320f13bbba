"""Delivery status notifications: by what name results come back, and with how much of the message (RFC 3461).

A client may add to ``RCPT TO`` a ``NOTIFY=`` (when to report: ``NEVER``, or a list of ``SUCCESS``,
``FAILURE``, ``DELAY``) and an ``ORCPT=type;address`` (the recipient as the sender named it), and to
``MAIL FROM`` a ``RET=`` (``FULL`` or ``HDRS``: how much of the message comes back) and an ``ENVID=`` (a
name for the transmission, given back in every report). Values are *xtext* (RFC 3461 §4): printable ASCII,
all else, and ``+`` and ``=``, written ``+XX``.

Postfix takes RET and ENVID from a milter with a changed sender. NOTIFY and ORCPT it would take with a recipient that
is taken out and added again, and loses recipients over it: they stay as they came, and each result is asked for where
the secure instance takes the message. docs/decisions/0002-delivery-notices.md says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ENVID_LENGTH = 100  # RFC 3461 §4.4
_ENCODED = re.compile(r"\+([0-9A-Fa-f]{2})")


def xtext(text: str) -> str:
    """*text* (ASCII) as xtext. Raises :class:`UnicodeEncodeError` for other characters."""
    return "".join(
        chr(byte) if 33 <= byte <= 126 and byte not in b"+=" else f"+{byte:02X}"
        for byte in text.encode("ascii")
    )


def from_xtext(text: str) -> str:
    """What *text* says, as Postfix reads it; broken ``+XX`` stay as they are."""
    return _ENCODED.sub(lambda found: chr(int(found[1], 16)), text)


def parameter(name: str, parameters: Iterable[str]) -> str:
    """The value of the ESMTP parameter *name* among those a client gave; ``""`` when it is not there."""
    prefix = name.upper() + "="
    for item in parameters:
        if item.upper().startswith(prefix):
            return item[len(prefix) :]
    return ""


def sender_parameters(envelope_id: str) -> str:
    """What to set the sender with: no body ever comes back, and reports name *envelope_id*."""
    return f"RET=HDRS ENVID={xtext(envelope_id)[:_ENVID_LENGTH]}"
