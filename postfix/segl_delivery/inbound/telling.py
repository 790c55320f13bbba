"""What the reader's mail program and the mail store are told: two header fields, and a word in the subject.

``Authentication-Results`` (RFC 8601) with the method ``smime`` (RFC 7281) tells of the signature. ``Segl-Opened``
tells of the encryption, and stands only on what came encrypted::

    Authentication-Results: mail.x.dk; smime=pass body.smime-identifier=bo@kommune.dk
    Segl-Opened: yes; cipher=aes-256-gcm; authenticated=yes
    Segl-Opened: no

``authenticated=no`` means that the content may have been changed on the way without anybody noticing (CBC without a
signature inside): not to be rendered with what it fetches from elsewhere (EFAIL).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from segl.headers import OPENED, PREFIX, claims_smime
from segl.mail.fields import Field
from segl.mail.paths import is_plain
from segl.mime.encoded_words import shown_header
from segl.settings.inbound import Inbound
from segl.subject_tags import LONGEST, encoded, without_tags
from segl_delivery.cms.opening import Decrypted
from segl_delivery.inbound.judging import Judgement, SignatureResult
from segl_delivery.smime.unwrapping import Unwrapped

_UNSAFE = re.compile(r"[^\w .,:;=@()'#/+-]")
_BARE = re.compile(rb"\r(?!\n)|\0")
_TOKEN = re.compile(r"[A-Za-z0-9.-]{1,255}")
_NOT_SEEN: Final = (SignatureResult.NONE,)


@dataclass(frozen=True, slots=True)
class OpeningReport:
    """What became of one message. ``opened`` is ``None`` when it was not encrypted."""

    opened: bool | None
    judgement: Judgement
    cipher: str = ""
    authenticated: bool = False

    @classmethod
    def of(cls, found: Unwrapped, judgement: Judgement) -> OpeningReport:
        encrypted = [layer for layer in found.layers if isinstance(layer, Decrypted)]
        if not encrypted:
            return cls(None, judgement)
        return cls(True, judgement, encrypted[-1].cipher.label, found.authenticated)


def told(fields: Sequence[Field], report: OpeningReport, authserv_id: str, settings: Inbound) -> list[Field]:
    """*fields* with ours on top and the subject tagged, and without those that only we may write."""
    kept = [_untagged(_in_lines(field), settings) for field in fields if not _is_ours(field)]
    name = authserv_id if _TOKEN.fullmatch(authserv_id) else "localhost"
    ours = [Field("authentication-results", _results(name, report.judgement).encode())]
    if report.opened is not None:
        ours.append(Field(OPENED.lower(), f"{OPENED}: {_opened(report)}\r\n".encode()))
    tag = _tag(report, settings)
    return [*ours, *(_tagged(kept, tag) if tag else kept)]


def _in_lines(field: Field) -> Field:
    """*field* without what some programs take for a line's end, or a text's: behind it a field of ours could be
    forged."""
    return Field(field.name, _BARE.sub(b" ", field.raw))


def _untagged(field: Field, settings: Inbound) -> Field:
    """A subject without those of our tags that the sender wrote."""
    if field.name != "subject":
        return field
    text = without_tags(shown_header(field.value[:LONGEST].decode("latin-1")), settings.tags)
    if text is None:
        return field
    return Field(field.name, f"Subject: {encoded(text)}\r\n".encode())


def _is_ours(field: Field) -> bool:
    return (
        field.name == OPENED.lower() or field.name.startswith(PREFIX) or claims_smime(field.name, field.value)
    )


def _results(name: str, judgement: Judgement) -> str:
    line = f"Authentication-Results: {name};\r\n smime={judgement.result.value}"
    if judgement.reason:
        line += f' reason="{_UNSAFE.sub("?", judgement.reason)}"'
    if _shows(judgement.identifier):
        line += f"\r\n body.smime-identifier={judgement.identifier}"
    return line + "\r\n"


def _shows(identifier: str) -> bool:
    return identifier.isascii() and is_plain(f"x{identifier}" if identifier.startswith("@") else identifier)


def _opened(report: OpeningReport) -> str:
    if not report.opened:
        return "no"
    return f"yes; cipher={report.cipher}; authenticated={'yes' if report.authenticated else 'no'}"


def _tag(report: OpeningReport, settings: Inbound) -> str:
    if report.opened is False:
        return settings.tag_not_opened
    if report.judgement.result not in (*_NOT_SEEN, SignatureResult.PASS):
        return settings.tag_bad_signature
    secure = report.opened or report.judgement.result is SignatureResult.PASS
    return settings.tag_secure if secure else ""


def _tagged(fields: Sequence[Field], tag: str) -> list[Field]:
    """The subject with *tag* before it; one subject alone, the first, as mail programs show it."""
    shown = encoded(tag)
    at = next((number for number, field in enumerate(fields) if field.name == "subject"), None)
    if at is None:
        return [*fields, Field("subject", f"Subject: {shown}\r\n".encode())]
    raw = fields[at].raw.split(b":", 1)[1]
    return [
        *fields[:at],
        Field("subject", b"Subject: " + shown.encode() + b" " + raw.lstrip(b" \t")),
        *fields[at + 1 :],
    ]
