"""What an answer takes over from the message it answers: whom it goes to, subject, and the thread (RFC 5322 §3.6.4).

The sealed message is the sender's and may say anything, so each address is used only when it is an ordinary one at an
own domain: an answer never leaves the house. It goes where the sender wants answers (``Reply-To``, else ``From``), and
where neither names an own address, to the envelope's sender.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from segl.mail.compose import one_line
from segl.mail.fields import Field, read_header
from segl.mail.paths import is_plain
from segl.mime.encoded_words import shown_header
from segl_portal.reading.shown import mailboxes

HEADER_BYTES: Final = 256 * 1024  # of the sealed message; what stands behind is not looked for
MOST_ADDRESSES: Final = 50
_LONGEST_FIELD: Final = 32 * 1024
_MOST_REFERENCES: Final = 20
_LONGEST_NAME: Final = 80
_LONGEST_SUBJECT: Final = 400
_ID: Final = re.compile(rb"<[!-;=?-~]{1,250}>")


@dataclass(frozen=True, slots=True)
class Original:
    """``to`` is empty when the message cannot be answered. ``others`` are its other recipients inside the house.
    ``name`` is what the sender called the recipient."""

    to: tuple[str, ...]
    others: tuple[str, ...]
    name: str
    subject: str
    message_id: str
    references: tuple[str, ...]


def read_original(head: bytes, sender: str, recipient: str, is_own: Callable[[str], bool]) -> Original:
    """*head* is the beginning of the sealed message; *sender* and *recipient* are those of the envelope."""
    fields = read_header(head)[0]
    to = _answered(fields, sender, is_own)
    everybody = _unlike(address for _, address in _addresses(fields, "to", "cc") if is_own(address))
    known = {address.lower() for address in (*to, recipient)}
    names = [
        name
        for name, address in _addresses(fields, "to", "cc")
        if address.lower() == recipient.lower() and name
    ]
    ids = _ids(fields, "message-id")
    return Original(
        to=to,
        others=tuple(one for one in everybody if one.lower() not in known)[:MOST_ADDRESSES],
        name=names[0][:_LONGEST_NAME] if names else "",
        subject=one_line(_text(_first(fields, "subject")))[:_LONGEST_SUBJECT],
        message_id=ids[0] if ids else "",
        references=_thread(fields, ids),
    )


def _answered(fields: Sequence[Field], sender: str, is_own: Callable[[str], bool]) -> tuple[str, ...]:
    for name in ("reply-to", "from"):
        found = _unlike(address for _, address in _addresses(fields, name) if is_own(address))
        if found:
            return found[:MOST_ADDRESSES]
    return (sender,) if is_plain(sender) and is_own(sender) else ()


def _addresses(fields: Sequence[Field], *names: str) -> list[tuple[str, str]]:
    """``(display name, address)`` of all ordinary addresses in the fields called *names*."""
    values = [field.value[:_LONGEST_FIELD].decode("latin-1") for field in fields if field.name in names]
    boxes = (box for value in values for box in mailboxes(value))
    return [(box.name, box.address) for box in boxes if is_plain(box.address)]


def _ids(fields: Sequence[Field], name: str) -> tuple[str, ...]:
    return tuple(found.decode("ascii") for found in _ID.findall(_first(fields, name)[:_LONGEST_FIELD]))


def _thread(fields: Sequence[Field], ids: tuple[str, ...]) -> tuple[str, ...]:
    """Its own references, or what it answers, and then itself. Of a long thread the first and the latest."""
    before = _ids(fields, "references") or _ids(fields, "in-reply-to")[:1]
    whole = (*before, *ids[:1])
    return whole if len(whole) <= _MOST_REFERENCES else (whole[0], *whole[1 - _MOST_REFERENCES :])


def _first(fields: Sequence[Field], name: str) -> bytes:
    return next((field.value for field in fields if field.name == name), b"")


def _text(value: bytes) -> str:
    return shown_header(value[:_LONGEST_FIELD].decode("latin-1"))


def _unlike(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple({address.lower(): address for address in addresses}.values())
