"""The Message-IDs of answers that a recipient wrote in the portal, and how they are known again.

An answer reaches the sender's mailbox as ordinary mail. When the sender answers *that*, his mail program names it in
``In-Reply-To`` and ``References`` (RFC 5322 §3.6.4), and the milter knows by the form of the id that the
conversation began on the secure page and must stay secure::

    <segl-answer.0123456789abcdef0123456789abcdef@nordby-vand.example>

Anybody can write such an id. All it does is to make a message secure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from segl.addresses import normal_domain

_BLANKS: Final = re.compile(rb"\s+")
_ID: Final = re.compile(rb"segl-answer\.[0-9a-f]{32}@([0-9a-z_.-]{1,253})", re.IGNORECASE)


def message_id(answer_id: str, domain: str) -> str:
    """The Message-ID of the answer *answer_id* (32 hex digits), in angle brackets; *domain* in normal form."""
    return f"<segl-answer.{answer_id}@{domain}>"


def answered_domains(value: bytes) -> Iterator[str]:
    """The domains of all ids of answers in a field's raw *value*, in normal form. Folded lines may cut an id."""
    for found in _ID.finditer(_BLANKS.sub(b"", value)):
        try:
            yield normal_domain(found[1].decode("ascii"))
        except ValueError:
            continue
