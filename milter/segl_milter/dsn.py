"""Delivery status notifications: what to ask Postfix for, so that each result comes back (RFC 3461).

A client may add to ``RCPT TO`` a ``NOTIFY=`` (when to report: ``NEVER``, or a list of ``SUCCESS``,
``FAILURE``, ``DELAY``) and an ``ORCPT=type;address`` (the recipient as the sender named it), and to
``MAIL FROM`` a ``RET=`` (``FULL`` or ``HDRS``: how much of the message comes back) and an ``ENVID=`` (a
name for the transmission, given back in every report). Values are *xtext* (RFC 3461 §4): printable ASCII,
all else, and ``+`` and ``=``, written ``+XX``.

Postfix takes these from a milter as well: NOTIFY and ORCPT with an added recipient, RET and ENVID with a
changed sender. docs/decisions/0002-delivery-notices.md says why each is set as it is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NOTIFY = "NOTIFY=SUCCESS,FAILURE,DELAY"
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


def recipient_parameters(address: str, given: Iterable[str]) -> str:
    """What to add a recipient with: reports of every result, to the name the sender knows.

    *address* is bare, *given* what the client said. An ORCPT of the client's own is kept. An address that
    is not ASCII gets none: Postfix writes reports for it in RFC 6533's way by itself.
    """
    known = parameter("ORCPT", given)
    if known and known.isascii() and known.isprintable() and " " not in known:
        return f"{NOTIFY} ORCPT={known}"
    if address.isascii():
        return f"{NOTIFY} ORCPT=rfc822;{xtext(address)}"
    return NOTIFY


def sender_parameters(envelope_id: str) -> str:
    """What to set the sender with: no body ever comes back, and reports name *envelope_id*."""
    return f"RET=HDRS ENVID={xtext(envelope_id)[:_ENVID_LENGTH]}"
