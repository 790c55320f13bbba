"""Delivery status notifications (RFC 3464), as our own Postfix writes them.

A report is a ``multipart/report`` of three parts: words for people; ``message/delivery-status`` for programs; and, of
the message it is about, the header (``text/rfc822-headers``). The second is made of groups of header-like fields, kept
apart by empty lines: the first group is about the message, each further one about a recipient::

    Reporting-MTA: dns; segl-secure.mail.nordby.dk
    Original-Envelope-Id: 5c0f…                          the ENVID we gave it
    X-Postfix-Queue-ID: 4jZ4BH5slJz1dqf0
    X-Postfix-Sender: rfc822; mette@nordby.dk            the sender in the envelope, as he wrote it
    Arrival-Date: Wed, 25 Nov 2026 02:58:31 +0000 (UTC)

    Final-Recipient: rfc822; jens@boligforening.dk
    Original-Recipient: rfc822;jens@boligforening.dk     the ORCPT we gave
    Action: relayed                                      failed, delayed, delivered, relayed, expanded
    Status: 2.0.0                                        RFC 3463
    Remote-MTA: dns; mx.boligforening.dk
    Diagnostic-Code: smtp; 250 2.0.0 Ok: queued as 1     what that host said

``relayed`` is all we are ever told of success, because no transport of ours passes the wish for reports on: the next
server has it. (RFC 6533 has the same with UTF-8, as ``message/global-delivery-status``.)

Who wrote a report is not looked at here, and words in it may come from outside: a remote host's reply is one, the
header of the message another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from segl import headers
from segl.mail.fields import Field, read_header

_MOST_RECIPIENTS: Final = 5_000
_LONGEST_VALUE: Final = 2_000
_BOUNDARY: Final = re.compile(rb';\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_STATUS_TYPES: Final = (b"message/delivery-status", b"message/global-delivery-status")
_HEADER_TYPES: Final = (
    b"text/rfc822-headers",
    b"message/global-headers",
    b"message/rfc822",
    b"message/global",
)
# Old programs write words beside it (RFC 5322 §4.5.4).
_IDENTIFIER: Final = re.compile(r"<[^<>\s\0]{1,500}>")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_OURS: Final = re.compile(rb"^X-Segl-[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RecipientResult:
    """One recipient's group. ``action`` is in lower case; what is missing is empty."""

    recipient: str
    original: str
    action: str
    status: str
    remote: str
    said: str
    retry_until: float


@dataclass(frozen=True, slots=True)
class Report:
    """A report, as far as it is used. Times are Unix seconds, 0 when not told."""

    envelope_id: str
    reporter: str
    queue_id: str
    sender: str
    at: float
    arrival: float
    message_id: str
    facts: str  # the sealed value of X-Segl-Facts, or ""
    results: tuple[RecipientResult, ...]


def parse_report(message: bytes) -> Report | None:
    """The report in *message* (CR LF line ends); ``None`` when it is none, or tells of nobody."""
    outer, at = read_header(message)
    kind = _first(outer, "content-type")
    if not kind.lower().startswith(b"multipart/report"):
        return None
    groups: list[list[Field]] = []
    returned: list[Field] = []
    for fields, body in _parts(message[at:], kind):
        of_part = _first(fields, "content-type").lower()
        if of_part.startswith(_STATUS_TYPES) and not groups:
            groups = [read_header(group)[0] for group in re.split(rb"(?:\r?\n){2,}", body.strip()) if group]
        elif of_part.startswith(_HEADER_TYPES) and not returned:
            returned = read_header(body)[0]
    results = tuple(_result(group) for group in groups[1 : _MOST_RECIPIENTS + 1])
    if not results or not all(result.recipient and result.action for result in results):
        return None
    about = groups[0]
    return Report(
        envelope_id=_text(about, "original-envelope-id"),
        reporter=_typed(about, "reporting-mta").lower(),
        queue_id=_text(about, "x-postfix-queue-id"),
        sender=_typed(about, "x-postfix-sender"),
        at=_moment(_text(outer, "date")),
        arrival=_moment(_text(about, "arrival-date")),
        message_id=_identifier(_text(returned, "message-id")),
        facts=_first(returned, headers.FACTS.lower(), longest=200_000).decode("ascii", "replace"),
        results=results,
    )


def without_our_fields(message: bytes) -> bytes:
    """*message* without our header fields, in whichever part they stand: for a report that goes on to people."""
    return _OURS.sub(b"", message)


def _result(group: Sequence[Field]) -> RecipientResult:
    status = _text(group, "status")
    final = _typed(group, "final-recipient")
    return RecipientResult(
        recipient=final,
        original=_typed(group, "original-recipient") or final,
        action=_text(group, "action").lower(),
        status=status if _STATUS.fullmatch(status) else "",
        remote=_typed(group, "remote-mta").lower(),
        said=_typed(group, "diagnostic-code"),
        retry_until=_moment(_text(group, "will-retry-until")),
    )


def _parts(body: bytes, kind: bytes) -> Iterator[tuple[list[Field], bytes]]:
    found = _BOUNDARY.search(kind)
    if found is None:
        return
    mark = b"\n--" + (found[1] or found[2])
    for piece in (b"\n" + body).split(mark)[1:]:
        if piece.startswith(b"--"):
            return
        part = piece.partition(b"\n")[2]
        fields, at = read_header(part)
        yield fields, part[at:]


def _first(fields: Sequence[Field], name: str, longest: int = _LONGEST_VALUE) -> bytes:
    return next((field.value[:longest] for field in fields if field.name == name), b"")


def _text(fields: Sequence[Field], name: str) -> str:
    return " ".join(_first(fields, name).decode("utf-8", "replace").split())


def _identifier(text: str) -> str:
    found = _IDENTIFIER.search(text)
    return found[0] if found else ""


def _typed(fields: Sequence[Field], name: str) -> str:
    """The value of a field of the form ``type; value``."""
    return _text(fields, name).partition(";")[2].strip()


def _moment(text: str) -> float:
    try:
        when = parsedate_to_datetime(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0
