"""Message-ID, In-Reply-To and References as they stand outside an envelope.

What stands in angle brackets; old programs write words beside it (RFC 5322 §4.5.4). Journal and case systems make
identifiers of what they file by: ``<010190-1234.20261128@journal.example>``. One in which the detector finds a personal
number stays inside. Most identifiers have long digits (times, counters), and threads hang on them, so it is asked.

A message must have a Message-ID (spam filters ask for one), so another takes that one's place: the same for the
same message as long as this process lives, and no way back to the number, which a hash without a key would be.
"""

from __future__ import annotations

import hmac
import re
import secrets
from hashlib import sha256
from typing import Final

from segl.addresses import domain_of
from segl.mail.fields import LINE_END, Field, canonical, ended
from segl.mail.paths import is_plain
from segl_delivery.smime import numbers

NAMES: Final = frozenset({"message-id", "in-reply-to", "references"})
IDENTIFIER: Final = re.compile(rb"<[^<>\s\0]{1,990}>")
_MOST: Final = 100  # of one field; each takes the detector half a millisecond or so
_KEY: Final = secrets.token_bytes(32)
_NOWHERE: Final = "segl.invalid"  # RFC 2606
# What a word beside the digits says of them in a sentence ("sag": a case, no person) it does not say here.
_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{2,}(?![^\W_])")


def identifiers(field: Field) -> bytes | None:
    """*field* as it is when it holds identifiers alone that may be seen, else those of it; ``None``: there are none."""
    found = IDENTIFIER.findall(field.value)
    # Shortened as by RFC 5537 §3.4.4.
    looked_at = found if len(found) <= _MOST else [found[0], *found[1 - _MOST :]]
    seen = [entry for entry in looked_at if not holds_number(entry)]
    if found and len(seen) == len(found) and not IDENTIFIER.sub(b"", field.value).strip(b" \t,"):
        return canonical(ended(field.raw))
    if found and not seen and field.name == "message-id":
        seen = [_another(found[0])]
    name = field.raw.split(b":", 1)[0].strip()
    return name + b": " + b"\r\n ".join(seen) + LINE_END if seen else None


def holds_number(identifier: bytes) -> bool:
    """Whether the detector finds a personal number in either half, with the words beside it or without."""
    halves = identifier.strip(b"<>").decode("utf-8", "replace").split("@")
    return any(numbers.in_name(text) for half in halves for text in {half, _WORD.sub("", half)})


def _another(identifier: bytes) -> bytes:
    name = hmac.new(_KEY, identifier, sha256).hexdigest()[:32]
    domain = domain_of(identifier.strip(b"<>").decode("utf-8", "replace"))
    if not is_plain(f"{name}@{domain}") or holds_number(domain.encode()):
        domain = _NOWHERE
    return f"<{name}@{domain}>".encode()
