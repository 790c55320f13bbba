"""Pieces of a mail that Segl writes itself (RFC 5322, 2045, 2047).

Text from outside gets into a header only through these: on one line, without control characters, encoded
where it is not plain ASCII.
"""

from __future__ import annotations

import quopri
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from segl.addresses import domain_of
from segl.language import Language
from segl.mail.paths import is_plain


def text_part(subtype: str, text: str) -> bytes:
    head = (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    encoded = quopri.encodestring(text.encode("utf-8"), quotetabs=False)
    return head.encode("ascii") + encoded.replace(b"\n", b"\r\n")


def one_line(text: str) -> str:
    """*text* on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def encoded(text: str) -> str:
    """An unstructured value: as it is when printable ASCII and short, else encoded words (RFC 2047),
    folded."""
    if text.isascii() and len(text) <= 900 and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76, continuation_ws=" ").encode(linesep="\r\n")


def display_name(text: str) -> str:
    """A display name: quoted when ASCII, else encoded words."""
    if text.isascii() and len(text) <= 200 and "=?" not in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Header(text, "utf-8", maxlinelen=70, continuation_ws=" ").encode(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain mail that a program writes to one person. Nobody shall answer it by machine (RFC 3834 §5): send it from
    the null sender."""

    house: str  # the organisation's name
    address: str  # the From
    to: str
    subject: str
    paragraphs: Sequence[str]
    language: Language
    reply_to: str = ""

    def message(self, at: datetime) -> bytes:
        """The mail, CR LF line ends, ready to send. An address that programs read differently is left to the
        envelope."""
        head = [
            f"Date: {format_datetime(at)}",
            f"From: {display_name(one_line(self.house))} <{self.address}>",
            f"To: <{self.to}>" if is_plain(self.to) else "To: undisclosed-recipients:;",
            *([f"Reply-To: <{self.reply_to}>"] if is_plain(self.reply_to) else []),
            f"Subject: {encoded(one_line(self.subject))}",
            f"Message-ID: <{secrets.token_hex(16)}@{domain_of(self.address)}>",
            "Auto-Submitted: auto-generated",
            f"Content-Language: {self.language}",
            "MIME-Version: 1.0",
        ]
        body = text_part("plain", "\n\n".join(self.paragraphs) + "\n")
        return "\r\n".join([*head, ""]).encode("utf-8") + body
