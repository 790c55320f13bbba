"""The mail that brings an answer to the sender's mailbox, made piece by piece while the files come in.

It comes *from* the house's own address: one from the recipient's domain, sent by us, would be a forgery, and that
domain's DMARC policy (RFC 7489) would have it thrown away. Who wrote it stands in the display name, with no ``@`` that
filters take for an address, and ``Reply-To`` is hers. It is no automatic mail: a person wrote it (RFC 3834 has nothing
to mark). ``Segl-Answer`` is for people and their rules; nothing of ours looks at it.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import quote

from segl import headers
from segl.answer_ids import message_id
from segl.language import Language
from segl.mail.compose import display_name, encoded, one_line, text_part
from segl.mail.paths import is_plain
from segl_portal.answering.kinds import media_type
from segl_portal.answering.original import Original
from segl_portal.answering.texts import TEXTS

LINE: Final = 57  # bytes that make a line of 76 characters of base64 (RFC 2045 §6.8)
_PREFIXES: Final = ("re:", "sv:", "vs:", "aw:")


@dataclass(frozen=True, slots=True)
class Letter:
    """One answer's mail. ``id_domain`` is the own domain its Message-ID names; ``recipient`` is who writes."""

    answer_id: str
    sealed_id: str
    original: Original
    recipient: str
    organisation: str
    house_address: str
    id_domain: str
    language: Language
    written: datetime

    def start(self, text: str, *, everyone: bool, boundary: str) -> bytes:
        """Header and text; with a *boundary* files may follow."""
        part = text_part("plain", self._body(text))
        if not boundary:
            return "\r\n".join([*self._header(everyone), ""]).encode() + part
        kind = f'Content-Type: multipart/mixed; boundary="{boundary}"'
        head = "\r\n".join([*self._header(everyone), kind, "", f"--{boundary}", ""]).encode()
        return head + part

    def _header(self, everyone: bool) -> Iterator[str]:
        original = self.original
        yield f"Date: {format_datetime(self.written)}"
        yield f"From: {display_name(self._who('at'))} <{self.house_address}>"
        yield _listed("To", original.to)
        if everyone and original.others:
            yield _listed("Cc", original.others)
        if is_plain(self.recipient):
            yield f"Reply-To: <{self.recipient}>"
        yield f"Subject: {encoded(self._subject())}"
        yield f"Message-ID: {message_id(self.answer_id, self.id_domain)}"
        if original.message_id:
            yield f"In-Reply-To: {original.message_id}"
        if original.references:
            yield "References: " + "\r\n ".join(original.references)
        yield f"{headers.ANSWER}: {self.sealed_id}"
        yield "MIME-Version: 1.0"

    def _subject(self) -> str:
        subject = self.original.subject or TEXTS[self.language].no_subject
        return subject if subject.lower().startswith(_PREFIXES) else f"Re: {subject}"

    def _who(self, sign: str) -> str:
        """Name and address, or what is known of them; ``@`` written as *sign*."""
        address = self.recipient if is_plain(self.recipient) else ""
        shown = address.replace("@", f" {sign} " if sign.isalpha() else sign)
        name = one_line(self.original.name).replace("@", " ")
        if not name or name.lower() == shown.lower():
            return shown or one_line(self.organisation)
        return f"{name} ({shown})" if shown else name

    def _body(self, text: str) -> str:
        texts = TEXTS[self.language]
        signature = texts.signature.format(who=self._who("@"), organisation=one_line(self.organisation))
        return f"{text or texts.no_text}\n\n-- \n{signature}\n"


def new_boundary() -> str:
    return f"segl-{secrets.token_hex(16)}"


def file_start(name: str, boundary: str) -> bytes:
    """The header of a file's part; its content follows in base64."""
    lines = (
        "",
        f"--{boundary}",
        f"Content-Type: {media_type(name)}",
        f"Content-Disposition: attachment; {_named(name)}",
        "Content-Transfer-Encoding: base64",
        "",
        "",
    )
    return "\r\n".join(lines).encode("ascii")


def end(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode("ascii")


class Base64Lines:
    """Bytes of any number in, whole lines of base64 out."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, data: bytes) -> bytes:
        data = self._rest + data
        whole = len(data) // LINE * LINE
        self._rest = data[whole:]
        return base64.encodebytes(data[:whole]).replace(b"\n", b"\r\n")

    def end(self) -> bytes:
        """The last, shorter line."""
        rest, self._rest = self._rest, b""
        return base64.encodebytes(rest).replace(b"\n", b"\r\n")


def _listed(name: str, addresses: Iterable[str]) -> str:
    return f"{name}: " + ",\r\n ".join(f"<{address}>" for address in addresses)


def _named(name: str) -> str:
    """The parameter ``filename`` (RFC 2183); of what is not ASCII in the form of RFC 2231."""
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'filename="{quoted}"'
    return f"filename*=utf-8''{quote(name, safe='')}"
