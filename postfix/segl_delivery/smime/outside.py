"""What of a message's header stands outside its envelope, readable on the whole way.

Only what mail needs to travel, to be threaded and to be answered: an allow-list, for names and for what may stand in
them. People and programs write words where none belong, and a field that nobody thought of goes inside only.

* **Addresses** without the names beside them (:mod:`.bare_addresses`).
* **Identifiers** (Message-ID, In-Reply-To, References) without a personal number (:mod:`.identifiers`).
* **List fields**: what stands in angle brackets; the name of a list can tell what the matter is. What has a long run of
  digits in it stays inside: ``<https://x.dk/?cpr=…>``.
* **Date**: the time without comments.
* All others as they are when they hold what they should, else not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final
from urllib.parse import unquote

from segl.mail.fields import LINE_END, Field, canonical, ended
from segl.masking import mask_digits
from segl_delivery.smime.bare_addresses import bare
from segl_delivery.smime.identifiers import IDENTIFIER, NAMES, identifiers

TRACE: Final = frozenset({"received", "delivered-to"})  # keep loops countable; nothing of the content
_ADDRESSES: Final = frozenset({"from", "sender", "reply-to", "to", "cc", "disposition-notification-to"})
_OF_LISTS: Final = frozenset(
    {
        *("list-id", "list-help", "list-subscribe", "list-unsubscribe"),
        *("list-post", "list-owner", "list-archive"),
    }
)
_LEVEL = re.compile(
    rb"(?i:(?:[1-5] ?)?(?:\(?(?:highest|high|urgent|normal|medium|low|lowest|non-urgent)\)?)?)"
)
_OF_OUTLOOK: Final = rb"(?:All|None|DR|NDR|RN|NRN|OOF|AutoReply)"
_FORMS: Final = {
    "auto-submitted": re.compile(rb"(?i:no|auto-generated|auto-replied|auto-notified)"),
    "precedence": re.compile(rb"(?i:bulk|list|junk|normal|first-class|special-delivery)"),
    "x-auto-response-suppress": re.compile(rb"(?i:%b(?:[ ,;]+%b){0,7})" % (_OF_OUTLOOK, _OF_OUTLOOK)),
    "importance": _LEVEL,
    "priority": _LEVEL,
    "x-priority": _LEVEL,
    "list-unsubscribe-post": re.compile(rb"List-Unsubscribe=One-Click"),
    # Outlook's place in a conversation: 22 bytes, and five for each answer, in base64.
    "thread-index": re.compile(rb"A[A-Za-z0-9+/]{28,400}={0,2}"),
}
_DATE = re.compile(
    rb"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d(?::\d\d)?"
    rb" (?:[+-]\d{4}|[A-Z]{1,4})(?: \([A-Z]{1,5}\))?"
)
_LONGEST_DATE: Final = 200


def outside_of(fields: Sequence[Field], subject: str) -> list[Field]:
    """The header outside: of *fields* what may be seen, and the neutral *subject* (ASCII)."""
    kept = [Field(field.name, raw) for field in fields if (raw := _outside(field)) is not None]
    kept.append(Field("subject", f"Subject: {subject}\r\n".encode("ascii")))
    return kept


def _outside(field: Field) -> bytes | None:
    """What of *field* stands outside; ``None`` for nothing."""
    if field.name in _ADDRESSES:
        return bare(field)
    if field.name in NAMES:
        return identifiers(field)
    if field.name in _OF_LISTS:
        return _list_outside(field)
    if field.name in TRACE:
        return canonical(ended(field.raw))
    if field.name == "date":
        return _date_outside(field)
    form = _FORMS.get(field.name)
    if form is None or not form.fullmatch(field.value):
        return None
    return canonical(ended(field.raw))


def _list_outside(field: Field) -> bytes | None:
    """The field as it is when it holds addresses of programs alone, else those of it; ``None``: there are none."""
    found = IDENTIFIER.findall(field.value)
    seen = [entry for entry in found if not _holds_number(entry)]
    if found and len(seen) == len(found) and not IDENTIFIER.sub(b"", field.value).strip(b" \t,"):
        return canonical(ended(field.raw))
    name = field.raw.split(b":", 1)[0].strip()
    return name + b": " + b",\r\n ".join(seen) + LINE_END if seen else None


def _holds_number(identifier: bytes) -> bool:
    """Whether a long run of digits stands in an address on the web, where a program may have put a person's number."""
    text = unquote(identifier.decode("utf-8", "replace"))
    return mask_digits(text) != text


def _date_outside(field: Field) -> bytes | None:
    """The field as it is, or the time it says alone; ``None`` when it says none."""
    if _DATE.fullmatch(field.value):
        return canonical(ended(field.raw))
    try:
        when = parsedate_to_datetime(field.value[:_LONGEST_DATE].decode("utf-8", "replace"))
    except (ValueError, TypeError, OverflowError):
        return None
    return b"Date: " + format_datetime(when).encode("ascii") + LINE_END
