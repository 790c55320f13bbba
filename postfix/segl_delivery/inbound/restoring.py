"""The message as its author wrote it, out of an opened envelope: the header outside, corrected by the one inside.

Three ways of protecting the header are read:

* RFC 9788: the innermost entity's Content-Type (or that of what is directly inside the envelope) has the parameter
  ``hp``; its fields are the true ones, and ``HP-Outer`` only tells how the outside looked.
* The same by its older name, ``protected-headers="v1"``.
* RFC 8551 §3.1: the innermost entity is a ``message/rfc822`` and nothing else; the message in it is meant. (One
  that is really a forwarded message says ``forwarded=yes``.)

What was protected and is missing inside was not there: such fields of the outside are dropped, so that nobody can
add a Reply-To on the way. Fields of transport stay as they are, and nothing from inside may pass for one, nor for a
field of ours. An ``X-…`` field that stands outside counts as it stands there: scanners of the site write such
(``X-Spam-Flag``), and the sender must not overrule them from inside.

**From.** A sender's domain vouches for the From outside (SPF, DKIM), and nobody for the one inside, which anybody who
has our certificate can write. So the inner From is taken when it is the same address (the name may differ), or when a
signature shows that the inner one is true (RFC 9788 §10.1 warns of this).
"""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message
from typing import Final

from segl.ber import Piece
from segl.headers import steers
from segl.mail.fields import LINE_END, Field, canonical, read_header
from segl_delivery.inbound.author import author_of
from segl_delivery.inbound.carried import carried
from segl_delivery.smime.message import without_mark
from segl_delivery.smime.unwrapping import Unwrapped

# What a person sees, or answers to: of these the inside alone is believed.
_AUTHORED: Final = frozenset(
    {
        *(
            "subject",
            "from",
            "sender",
            "reply-to",
            "to",
            "cc",
            "date",
            "message-id",
            "in-reply-to",
            "references",
        ),
        *(
            "followup-to",
            "mail-followup-to",
            "mail-reply-to",
            "comments",
            "keywords",
            "user-agent",
            "x-mailer",
        ),
        *(
            "disposition-notification-to",
            "disposition-notification-options",
            "return-receipt-to",
            "x-confirm-reading-to",
            "importance",
            "priority",
            "x-priority",
            "x-msmail-priority",
            "sensitivity",
            "organization",
        ),
    }
)
# Made on the way or for the way: never taken from inside.
_OF_TRANSPORT: Final = frozenset(
    {
        *("received", "return-path", "delivered-to", "x-original-to", "envelope-to", "bcc", "resent-bcc"),
        *("authentication-results", "arc-seal", "arc-message-signature", "arc-authentication-results"),
        *("dkim-signature", "received-spf", "hp-outer", "auto-submitted"),
        *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-post", "list-help", "precedence"),
    }
)
# What filters found. Anybody may encrypt to us, and what stands inside has passed none of ours.
_OF_FILTERS: Final = (
    *(
        "x-spam",
        "x-virus",
        "x-amavis",
        "x-rspamd",
        "x-bogosity",
        "x-dspam",
        "x-antivirus",
        "x-sophos",
        "x-cloudmark",
    ),
    *(
        "x-ms-exchange-",
        "x-microsoft-antispam",
        "x-forefront-",
        "x-exchange-",
        "x-eop",
        "x-mimecast",
        "x-proofpoint",
    ),
    *(
        "x-barracuda",
        "x-ironport",
        "x-fe-",
        "x-google-dkim",
        "x-gm-",
        "x-auth",
        "x-originating-",
        "bimi-",
        "arc-",
    ),
)
_LONGEST_VALUE: Final = 4096


def restored(message: bytes, found: Unwrapped, signer: str) -> tuple[list[Field], Piece]:
    """Header and body to deliver in the place of *message*, from which *found* was taken out; the body where it lies,
    mostly. *signer* is the address that a signature was proven for; ``""``: none."""
    outer, _ = read_header(message)
    true, readable = _protected(found)
    readable = carried(readable)
    content, at = read_header(readable)
    kept = [field for field in outer if not _is_content(field)]
    if true is not None:
        kept = _corrected(kept, true, signer)
    kept += [_without_protection(field) for field in content if _is_content(field)]
    if not any(field.name == "mime-version" for field in kept):
        kept.append(Field("mime-version", b"MIME-Version: 1.0\r\n"))
    body = memoryview(readable)[at:] if canonical(readable) is readable else canonical(readable[at:])
    return [Field(field.name, canonical(field.raw)) for field in kept], body


def _protected(found: Unwrapped) -> tuple[list[Field] | None, bytes]:
    """The header that was inside, when there was one, and the entity to deliver."""
    fields, at = read_header(found.entity)
    header = _content_type(fields)
    if _is_protected(header):
        return fields, found.readable
    around, _ = read_header(found.readable)  # a gateway protects what it got, with the signature in it
    if _is_protected(_content_type(around)):
        return around, found.readable
    if header.get_content_type() == "message/rfc822" and str(header.get_param("forwarded", "no")) != "yes":
        wrapped = found.entity[at:]
        inner, _ = read_header(wrapped)
        if any(field.name in ("from", "subject") for field in inner):
            return inner, wrapped
    return None, found.readable


def _is_protected(header: Message) -> bool:
    return (
        header.get_param("hp") is not None or str(header.get_param("protected-headers", "")).lower() == "v1"
    )


def _corrected(outer: Sequence[Field], true: Sequence[Field], signer: str) -> list[Field]:
    written = {field.name for field in outer if field.name.startswith("x-")} - _AUTHORED
    inside = [field for field in true if not _stays_outside(field) and field.name not in written]
    author = author_of(inside)
    if not author or author not in (author_of(outer), signer):
        inside = [field for field in inside if field.name not in ("from", "sender")]
        inside += [field for field in outer if field.name in ("from", "sender")]
    named = {field.name for field in inside} | _AUTHORED
    return [field for field in outer if field.name not in named] + inside


def _stays_outside(field: Field) -> bool:
    name = field.name
    return _is_content(field) or name in _OF_TRANSPORT or name.startswith(_OF_FILTERS) or steers(name)


def _is_content(field: Field) -> bool:
    return field.name.startswith("content-") or field.name == "mime-version"


def _content_type(fields: Sequence[Field]) -> Message:
    header = Message()
    for field in fields:
        if field.name == "content-type":
            header["Content-Type"] = field.value[:_LONGEST_VALUE].decode("utf-8", "replace")
            break
    return header


def _without_protection(field: Field) -> Field:
    """The mark ``hp`` says something of an envelope that is no longer there."""
    if field.name != "content-type" or b"hp=" not in field.raw.lower():
        return field
    raw = without_mark(field.raw.rstrip()) + LINE_END
    return Field(field.name, raw)
