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
    folded. A question mark stands for half a character."""
    text = text.encode("utf-8", "replace").decode()
    if text.isascii() and len(text) <= 900 and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76, continuation_ws=" ").encode(linesep="\r\n")


def display_name(text: str) -> str:
    """A display name: quoted when ASCII, else encoded words."""
    if text.isascii() and len(text) <= 200 and "=?" not in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Header(text, "utf-8", maxlinelen=70, continuation_ws=" ").encode(linesep="\r\n")


def automatic_header(
    house: str,
    address: str,
    to: str,
    subject: str,
    at: datetime,
    languages: Sequence[Language],
    *,
    name: str = "",
    reply_to: str = "",
) -> list[str]:
    """The fields of every mail that a program of ours writes, without those of MIME. *name* is the left part of the
    Message-ID. An address that programs read differently is left to the envelope."""
    return [
        f"Date: {format_datetime(at)}",
        f"From: {display_name(one_line(house))} <{address}>",
        *([f"Reply-To: <{reply_to}>"] if is_plain(reply_to) else []),
        f"To: <{to}>" if is_plain(to) else "To: undisclosed-recipients:;",
        f"Subject: {encoded(one_line(subject))}",
        f"Message-ID: <{name or secrets.token_hex(16)}@{domain_of(address)}>",
        "Auto-Submitted: auto-generated",
        f"Content-Language: {', '.join(languages)}",
    ]


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
        """The mail, CR LF line ends, ready to send."""
        head = automatic_header(
            self.house, self.address, self.to, self.subject, at, (self.language,), reply_to=self.reply_to
        )
        body = text_part("plain", "\n\n".join(self.paragraphs) + "\n")
        return "\r\n".join([*head, "MIME-Version: 1.0", ""]).encode("utf-8") + body
