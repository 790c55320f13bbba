"""A receipt as a mail: text, a modest table in HTML, JSON for programs, and a signature where one is wanted.

It goes out from the null sender (nobody answers it, no report comes of it: RFC 3834 §5, RFC 3461 §5) and says that a
program wrote it. ``In-Reply-To`` puts it beside the mail it is about. Its Message-ID is made of what it is about, so
that a receipt sent twice, because this process died between sending and remembering, is known as one.
"""

from __future__ import annotations

import json
import secrets
from base64 import encodebytes
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from segl.language import Language
from segl.mail.compose import automatic_header, text_part
from segl_delivery.cms.signed import Signer
from segl_delivery.smime.message import Entity, signed_entity

_REFERABLE: Final = frozenset("!#$%&'*+/=?^_`{|}~.-@[]:<>")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt to send. ``name`` is the left part of its Message-ID; ``about`` the Message-ID of the mail."""

    organisation: str
    address: str
    recipient: str
    language: Language
    subject: str
    name: str
    about: str
    text: str
    html: str
    form: dict[str, Any] | None = None
    extra: tuple[bytes, ...] = ()  # whole MIME parts, for a page that shows pictures

    def message(self, now: datetime, signer: Signer | None = None) -> bytes:
        """The mail, CR LF line ends, ready to send."""
        header = "\r\n".join([*self._header(now), ""]).encode("utf-8")
        entity = self._entity()
        if signer is None:
            return header + b"MIME-Version: 1.0\r\n" + bytes(entity)
        return header + bytes(signed_entity(entity, signer))

    def _header(self, now: datetime) -> list[str]:
        languages = (self.language,)
        lines = automatic_header(
            self.organisation, self.address, self.recipient, self.subject, now, languages, name=self.name
        )
        lines.append("X-Auto-Response-Suppress: All")
        if self._is_referable():
            lines += [f"In-Reply-To: {self.about}", f"References: {self.about}"]
        return lines

    def _is_referable(self) -> bool:
        about = self.about
        return (
            about.startswith("<")
            and about.endswith(">")
            and about.isascii()
            and len(about) <= 500
            and all(c.isalnum() or c in _REFERABLE for c in about)
        )

    def _entity(self) -> Entity:
        """The parts, in 7 bits: a signature must not be broken by a server that recodes (RFC 8551 §3.1.2)."""
        words = _multipart("alternative", [text_part("plain", self.text), text_part("html", self.html)])
        if self.extra:
            words = _multipart("related", [words, *self.extra])
        if self.form is not None:
            words = _multipart("mixed", [words, _json_part(self.form)])
        head, _, body = words.partition(b"\r\n\r\n")
        return Entity(head + b"\r\n\r\n", body)


def _multipart(subtype: str, parts: list[bytes]) -> bytes:
    boundary = f"segl-{secrets.token_hex(16)}".encode("ascii")
    head = b'Content-Type: multipart/%s; boundary="%s"\r\n\r\n' % (subtype.encode("ascii"), boundary)
    body = b"".join(b"--" + boundary + b"\r\n" + part.rstrip(b"\r\n") + b"\r\n" for part in parts)
    return head + body + b"--" + boundary + b"--\r\n"


def _json_part(form: dict[str, Any]) -> bytes:
    content = json.dumps(form, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    return attached(
        "application/json", content, b'Content-Disposition: attachment; filename="segl-receipt.json"\r\n'
    )


def attached(kind: str, content: bytes, more: bytes) -> bytes:
    """A part in base64; *more* are further header lines."""
    lines = encodebytes(content).replace(b"\n", b"\r\n")
    return (
        f"Content-Type: {kind}\r\n".encode("ascii")
        + more
        + b"Content-Transfer-Encoding: base64\r\n\r\n"
        + lines
    )
