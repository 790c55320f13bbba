"""S/MIME (RFC 8551): what of a message goes inside the envelope, and what has to stand outside.

The envelope protects a MIME entity: content fields, an empty line, the body. The header outside stays
readable on the whole way, so it gets only what mail needs to travel, to be threaded and to be answered
(an allow-list: a field nobody thought of goes inside only). The subject outside is a neutral one.

The fields themselves go inside too, by RFC 9788 (header protection): the entity carries the original
header, its Content-Type the parameter ``hp="cipher"``, and ``HP-Outer`` fields say how the outside looks,
so that a program that knows of it restores the true subject, and cannot be made to believe another. A
program that does not know of it shows the content with the neutral subject. For a partner whose gateway reads
only the older form (RFC 8551 §3.1), the whole message goes inside as ``message/rfc822``.

What of it may stand outside, says :mod:`segl_delivery.smime.outside`.
"""

from __future__ import annotations

import re
from codecs import utf_8_decode
from dataclasses import dataclass
from itertools import chain
from secrets import token_hex
from typing import Final

from segl.ber import Piece
from segl.headers import PREFIX
from segl.mail.fields import LINE_END, Field, canonical, ended, join_header, read_header
from segl.mail.outgoing import Outgoing
from segl.settings.encryption import HeaderForm
from segl_delivery.cms.digests import algorithm_for
from segl_delivery.cms.enveloped import EnvelopedData
from segl_delivery.cms.lines import base64_lines, base64_size
from segl_delivery.cms.signed import Signer, sign_detached
from segl_delivery.smime.outside import TRACE, outside_of

# Not protected either: of the envelope's making, or for nobody's eyes.
_DROPPED: Final = frozenset({*TRACE, "return-path", "bcc", "resent-bcc", "hp-outer"})

# The mark, or a quoted string, closed or not, in which what looks like it is none.
_HP = re.compile(rb'("(?:[^"\\]|\\.)*+"?)|;\s*hp\s*=\s*(?:"[^"]*"|[^\s;"]*)', re.IGNORECASE | re.DOTALL)
_TYPE = re.compile(rb"\s*[\w.+-]+/[\w.+-]+")
_WRAP: Final = (
    "MIME-Version: 1.0\r\n"
    "Content-Type: application/pkcs7-mime; smime-type={kind};\r\n"
    " name=smime.p7m\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename=smime.p7m\r\n"
    "\r\n"
)
_SIGNED: Final = (
    "MIME-Version: 1.0\r\n"
    'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n'
    ' micalg={micalg}; boundary="{boundary}"\r\n'
    "\r\n"
    "--{boundary}\r\n"
)
_SIGNATURE: Final = (
    "\r\n--{boundary}\r\n"
    "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename=smime.p7s\r\n"
    "\r\n"
)
_MESSAGE: Final = b"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n"
_EIGHT_BIT: Final = b"Content-Transfer-Encoding: 8bit\r\n"


@dataclass(frozen=True, slots=True)
class Entity:
    """What goes inside the envelope: a header of its own, and the message's body where it lies in memory. Around a
    signed one the header has more before it, and a *foot* comes after the body."""

    header: bytes
    body: Piece
    foot: bytes = b""

    @property
    def size(self) -> int:
        return len(self.header) + len(self.body) + len(self.foot)

    @property
    def pieces(self) -> tuple[Piece, Piece, Piece]:
        return self.header, self.body, self.foot

    def __bytes__(self) -> bytes:
        return b"".join(self.pieces)


def split_for_envelope(
    message: bytes, subject: str, form: HeaderForm = HeaderForm.FIELDS
) -> tuple[bytes, Entity]:
    """``(header outside, entity inside)``, both with CR LF line ends.

    *subject* is the neutral one, in ASCII; *form* says how the true header goes inside. The header outside lacks
    the MIME fields: :func:`enveloped` adds them.
    """
    fields, at = read_header(message)
    outside = outside_of(fields, subject)
    inside = [
        Field(field.name, canonical(ended(field.raw)))
        for field in fields
        if field.name not in _DROPPED and not field.name.startswith(PREFIX)
    ]
    body = memoryview(message)[at:] if canonical(message) is message else canonical(message[at:])
    if form is HeaderForm.WRAPPED:
        eight_bit = b"" if message.isascii() else _EIGHT_BIT
        header = b"".join((_MESSAGE, eight_bit, LINE_END, join_header(inside, b"")))
    else:
        inside = _marked(inside, message, at)
        inside += [
            Field("hp-outer", b"HP-Outer: " + field.raw) for field in outside if field.name not in TRACE
        ]
        header = join_header(inside, b"")
    return b"".join(field.raw for field in outside), Entity(header, body)


def signed_entity(entity: Entity, signer: Signer) -> Entity:
    """*entity* with the signature of *signer* beside it (``multipart/signed``, RFC 8551 §3.5.3): what goes inside the
    envelope instead of it. The protected header stays where it is, in the part that is signed."""
    micalg = algorithm_for(signer.key, pss=signer.pss).digest.value.replace("sha", "sha-")
    signature = sign_detached(entity.pieces, signer)
    boundary = f"segl-{token_hex(16)}"
    head = _SIGNED.format(micalg=micalg, boundary=boundary).encode("ascii")
    lines = b"".join(base64_lines([signature]))
    foot = (
        _SIGNATURE.format(boundary=boundary).encode("ascii") + lines + f"--{boundary}--\r\n".encode("ascii")
    )
    return Entity(head + entity.header, entity.body, entity.foot + foot)


def enveloped(outside: bytes, entity: Entity, envelope: EnvelopedData) -> Outgoing:
    """The message to send: the header *outside* and *entity* in *envelope*, encrypted as it is asked for."""
    kind = "authEnveloped-data" if envelope.choice.cipher.authenticated else "enveloped-data"
    header = outside + _WRAP.format(kind=kind).encode("ascii")
    lines = base64_lines(envelope.pieces(entity.pieces))
    return Outgoing(len(header) + base64_size(envelope.length), chain([header], lines), header.isascii())


def without_mark(content_type: bytes) -> bytes:
    """The field without the parameter ``hp``."""
    return _HP.sub(lambda found: found[1] or b"", content_type)


def _marked(fields: list[Field], message: bytes, at: int) -> list[Field]:
    """*fields* with ``hp="cipher"`` on the (first) Content-Type, which is added when there is none. The body of
    *message* begins *at*."""
    for place, field in enumerate(fields):
        if field.name == "content-type" and _TYPE.match(field.raw.split(b":", 1)[1]):
            raw = without_mark(field.raw.rstrip()).rstrip(b"; \t\r\n")
            marked = Field(field.name, raw + b';\r\n hp="cipher"\r\n')
            return [*fields[:place], marked, *fields[place + 1 :]]
    if any(field.name == "content-type" for field in fields):
        return fields  # one that names no type: whatever the reader makes of it must not change
    charset = _charset(fields, message, at)
    return [*fields, Field("content-type", b'Content-Type: text/plain%b; hp="cipher"\r\n' % charset)]


def _charset(fields: list[Field], message: bytes, at: int) -> bytes:
    """The parameter for a text that says nothing of itself, a program's mail: only what is certain. Readers guess well
    what is not said, and by a charset that is said and wrong the letters beyond ASCII are lost."""
    if any(field.name == "content-transfer-encoding" for field in fields):
        return b""
    if message.isascii():
        return b'; charset="us-ascii"'
    try:
        utf_8_decode(memoryview(message)[at:], "strict", True)
    except UnicodeDecodeError:
        return b""
    return b'; charset="utf-8"'
