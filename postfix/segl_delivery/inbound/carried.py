"""What was inside an envelope, in a form that mail can carry.

Within CMS a part may be ``binary``: bytes as they are, whatever they are (RFC 8551 §3.1.2). Mail has lines of at most
998 bytes that end in CR LF, and no NUL (RFC 5321 §4.5.3.1.6, RFC 2045 §2.9). Handed on as it came, a PDF would lose its
line ends and be broken for good, since the envelope is gone. So such leaves are written in base64 (RFC 2045 §6.8);
everything else stays as it was, to the byte. Signed parts (``multipart/signed``) are left alone: a signature over bytes
that mail cannot carry cannot be carried either.
"""

from __future__ import annotations

import re
from typing import Final

from segl.mail.fields import Field, join_header, read_header
from segl_delivery.cms.lines import base64_lines
from segl_delivery.smime.unwrapping import header_of

_DEEPEST: Final = 20
_LONGEST_LINE: Final = 998
_BINARY = re.compile(
    rb"^content-transfer-encoding:[ \t]*+(?:\r?\n[ \t]++)?binary", re.IGNORECASE | re.MULTILINE
)
_LONG = re.compile(rb"[^\n]{%d}" % (_LONGEST_LINE + 2))


def carried(entity: bytes) -> bytes:
    """*entity* as mail can carry it; itself when it can."""
    if b"\0" not in entity and not _LONG.search(entity) and not _BINARY.search(entity):
        return entity
    return _carried(entity, 0)


def _carried(entity: bytes, depth: int) -> bytes:
    fields, at = read_header(entity)
    header = header_of(fields)
    kind = header.get_content_type()
    if kind == "multipart/signed" or depth > _DEEPEST:
        return entity
    if header.get_content_maintype() == "multipart" and (boundary := str(header.get_boundary("") or "")):
        return join_header(_told(fields, "8bit"), _parts(entity[at:], boundary, depth))
    encoding = str(header.get("content-transfer-encoding", "7bit")).strip().lower()
    if encoding in ("base64", "quoted-printable"):
        return entity
    body = entity[at:]
    if kind == "message/rfc822":
        return join_header(_told(fields, "8bit"), _carried(body, depth + 1))
    if encoding != "binary" and b"\0" not in body and not _LONG.search(body):
        return entity
    return join_header(_told(fields, "base64"), b"".join(base64_lines((body,))))


def _parts(body: bytes, boundary: str, depth: int) -> bytes:
    """The parts of a multipart, each carried; the lines between them, preamble and epilogue as they are."""
    line = re.compile(
        rb"(?:\A|\r?\n)--"
        + re.escape(boundary.encode("utf-8", "surrogateescape"))
        + rb"(?:--)?[ \t]*(?:\r?\n|\Z)"
    )
    made, last = bytearray(), 0
    for number, mark in enumerate(line.finditer(body)):
        piece = body[last : mark.start()]
        made += piece if not number else _carried(piece, depth + 1)
        made += mark[0]
        last = mark.end()
    return bytes(made + body[last:])


def _told(fields: list[Field], encoding: str) -> list[Field]:
    """*fields*, with *encoding* for one that mail cannot carry. Of parts within, ``8bit`` is what binary becomes."""
    name = "content-transfer-encoding"
    old = [field for field in fields if field.name == name]
    if encoding == "8bit" and not any(b"binary" in field.raw.lower() for field in old):
        return fields
    new = Field(name, f"Content-Transfer-Encoding: {encoding}\r\n".encode())
    return [*(field for field in fields if field.name != name), new]
