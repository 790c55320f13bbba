"""S/MIME in (RFC 8551 §3): the layers of a received message taken off, down to what a person can read.

A layer is a MIME entity whose body is a CMS object (``application/pkcs7-mime``), or one with a signature beside
it (``multipart/signed``, RFC 1847); inside is an entity again, which may be another layer. Senders sign first
and encrypt then, some sign once more outside.

Nothing is trusted here: each layer says what it was, and whoever asks judges.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.message import Message
from io import BytesIO
from itertools import islice, pairwise
from typing import Final, Protocol, cast

from cryptography import x509

from segl.ber import Damaged, InMemory
from segl.errors import CannotOpen
from segl.mail.fields import Field, canonical, header_size, read_header
from segl.smime_types import holds_cms, is_clear_signed
from segl_delivery.cms.frame import read_frame
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.lines import Base64Reader
from segl_delivery.cms.opening import DEEPEST, LARGEST, Decrypted, Source, open_layers
from segl_delivery.cms.signed import Signed, verify

_BEHIND_BASE64 = re.compile(rb"=\s*+[^\s=]")
_PEM: Final = re.compile(rb"-----BEGIN (?:CMS|PKCS7)-----\r?\n")
_LONGEST_VALUE: Final = 4096  # bytes of a header field that says how to read the body
# Bytes: fields cost much more than their bytes, and mail has a tenth of that.
LONGEST_HEADER: Final = 256 * 1024
_PIECE: Final = 256 * 1024
_MOST_MARKS: Final = 4  # lines of a boundary: two parts have three


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The innermost *entity*, byte for byte, and the layers taken off, outermost first; ``None`` stands for
    compression. *readable* is the outermost entity that every mail program shows: as *entity*, but a signature
    beside it (``multipart/signed``) is still there."""

    entity: bytes
    layers: tuple[Decrypted | Signed | None, ...]
    readable: bytes = b""

    @property
    def was_encrypted(self) -> bool:
        return any(isinstance(layer, Decrypted) for layer in self.layers)

    @property
    def authenticated(self) -> bool:
        """Whether no change on the way could have gone unnoticed: a signature that holds lies inside, or each
        encryption without one inside it notices changes itself."""
        held = False
        for layer in reversed(self.layers):
            if isinstance(layer, Signed):
                held = held or any(signature.holds for signature in layer.signatures)
            elif layer is not None and not layer.authenticated and not held:
                return False
        return held or self.was_encrypted


def unwrap(message: bytes, ring: DecryptionKeys, largest: int = LARGEST) -> Unwrapped:
    """All layers of *message* that can be taken off; a message without any comes back as it is.

    Raises :class:`CannotOpen` when a layer cannot be opened, there are too many, or an encrypted one holds no MIME
    entity: rubbish, which a key of another may have made (see :mod:`segl_delivery.cms.opening`).
    """
    entity = readable = message
    layers: list[Decrypted | Signed | None] = []
    for _ in range(DEEPEST):
        if header_size(entity) > LONGEST_HEADER:
            raise CannotOpen("a header in it is longer than we read")
        found = _layer(entity, ring, largest)
        if found is None:
            return Unwrapped(entity, tuple(layers), readable)
        clear = is_clear_signed(header_of(read_header(entity)[0]))
        entity, taken = found
        if not clear:
            readable = entity
        layers += taken
        if any(isinstance(layer, Decrypted) for layer in taken) and not is_entity(entity):
            raise CannotOpen("it does not decrypt")
    raise CannotOpen("it has more layers than we take off")


def may_be_encrypted(fields: list[Field]) -> bool:
    """Whether an entity with this header, which could not be opened, may hold something encrypted: a CMS object that
    does not call itself signed or compressed."""
    header = header_of(fields)
    kind = str(header.get_param("smime-type", "")).lower()
    return holds_cms(header) and kind not in ("signed-data", "certs-only", "compressed-data")


def cms_object(message: bytes) -> bytes:
    """The CMS object (DER or BER) in *message*: an S/MIME message, a file in PEM form, or the object itself.

    Raises :class:`CannotOpen`.
    """
    if message[:1] == b"\x30":
        return message
    if pem := _PEM.search(message):
        end = message.find(b"-----END", pem.end())
        return _from_base64(message[: end if end >= 0 else None], pem.end())
    fields, at = read_header(message)
    header = header_of(fields)
    if holds_cms(header):
        return _decoded(message, at, header)
    raise CannotOpen("there is no CMS object in it")


def keys_named_by(message: bytes, ring: DecryptionKeys) -> tuple[DecryptionKey, ...]:
    """Those of *ring* that the outermost layer of *message* is encrypted to."""
    try:
        frame = read_frame(cms_object(message), ring)
    except (CannotOpen, Damaged):
        return ()
    return tuple(own for own, _ in frame.recipients if own is not None)


class Certified(Protocol):
    """What has a certificate."""

    @property
    def certificate(self) -> x509.Certificate: ...


def names_one_of(message: bytes, certificates: Sequence[Certified]) -> bool:
    """Whether the outermost layer of *message* is encrypted to one of *certificates*, whose keys nobody has at hand."""
    # To be named takes a certificate, no key.
    ring = DecryptionKeys(cast("Sequence[DecryptionKey]", certificates))
    return bool(certificates) and bool(keys_named_by(message, ring))


def _layer(
    entity: bytes, ring: DecryptionKeys, largest: int
) -> tuple[bytes, tuple[Decrypted | Signed | None, ...]] | None:
    """What is inside *entity*, and what lay around it; ``None`` when it is no layer."""
    fields, at = read_header(entity)
    header = header_of(fields)
    if holds_cms(header):
        opened = open_layers(_source(entity, at, header), ring, largest)
        encrypted = any(isinstance(layer, Decrypted) for layer in opened.layers)
        if not opened.content and not encrypted and isinstance(opened.layers[-1], Signed):
            return None  # a bundle of certificates (RFC 8551 §3.8): nothing is inside
        if not encrypted and not _is_all_of(entity, at, fields, header):
            return None
        return opened.content, opened.layers
    if (parts := clear_signed(entity)) is None:
        return None
    try:
        return parts[0], (verify(parts[1], canonical(parts[0])),)
    except Damaged:
        return None


def _reads_one_way(fields: list[Field], header: Message) -> bool:
    """Whether every program finds the same parts: one Content-Type, each parameter once. With two boundaries one
    program would judge a signature, and another show a text beside it."""
    names = [name.lower().rstrip("*0123456789") for name, _ in header.get_params([])]
    return sum(field.name == "content-type" for field in fields) == 1 and len(set(names)) == len(names)


def _is_all_of(entity: bytes, at: int, fields: list[Field], header: Message) -> bool:
    """Whether the CMS object is all that any program could find in *entity*. A signature is no secret: behind a true
    one, or under a second Content-Type, anybody may put a text of his own."""
    once = ("content-transfer-encoding", "content-disposition")
    names = [str(name) for name in (header.get_param("name"), header.get_filename()) if name]
    return (
        _reads_one_way(fields, header)
        and all(sum(field.name == name for field in fields) <= 1 for name in once)
        and all(name.lower().endswith((".p7m", ".p7s", ".p7c", ".p7z")) for name in names)
        and not (_in_base64(header) and _BEHIND_BASE64.search(entity, at))
    )


def clear_signed(entity: bytes) -> tuple[bytes, bytes] | None:
    """What the signature of a ``multipart/signed`` entity is over, as it stands there, and the CMS object beside it.

    ``None`` for any other: one that programs may read in two ways, one without two parts and no more (a third would be
    shown as if it were signed), or whose second part is no signature. That is a message like any other."""
    fields, at = read_header(entity)
    header = header_of(fields)
    if not is_clear_signed(header) or not _reads_one_way(fields, header):
        return None
    parts = _parts(entity, at, str(header.get_boundary("")))
    if len(parts) != 2:
        return None
    fields, at = read_header(parts[1])
    try:
        return parts[0], _decoded(parts[1], at, header_of(fields))
    except CannotOpen:
        return None


def _parts(entity: bytes, at: int, boundary: str) -> list[bytes]:
    """The parts between the lines of *boundary* in the body that begins *at*, to the byte (RFC 2046 §5.1.1: the line
    end before a boundary belongs to it), three at most. None when the closing line is not the last, or not there."""
    if not boundary:
        return []
    line = re.compile(
        rb"^--" + re.escape(boundary.encode("utf-8", "surrogateescape")) + rb"(--)?[ \t]*(?=\r?$)",
        re.MULTILINE,
    )
    marks = list(islice(line.finditer(entity, at), _MOST_MARKS))
    if [mark[1] is not None for mark in marks] != [False] * (len(marks) - 1) + [True]:
        return []
    return [_between(entity, before.end(), after.start()) for before, after in pairwise(marks)]


def _between(entity: bytes, begin: int, end: int) -> bytes:
    """From the line end at *begin* to that before *end*, both left out."""
    begin = entity.index(b"\n", begin) + 1
    for line_end in (b"\n", b"\r"):
        end -= end > begin and entity[end - 1 : end] == line_end
    return entity[begin:end]


def _source(entity: bytes, at: int, header: Message) -> Source:
    """The body's bytes as :func:`_decoded`, read when they are wanted."""
    if not _in_base64(header):
        return lambda: InMemory(memoryview(entity)[at:])

    def lines() -> Base64Reader:
        stream = BytesIO(entity)  # which shares the bytes
        stream.seek(at)
        return Base64Reader(stream)

    return lines


def _in_base64(header: Message) -> bool:
    return str(header.get("content-transfer-encoding", "")).strip().lower() == "base64"


def _decoded(entity: bytes, at: int, header: Message) -> bytes:
    """The body's bytes, transfer encoding undone. Quoted-printable carries no CMS."""
    if not _in_base64(header):
        return entity[at:]
    return _from_base64(entity, at)


def _from_base64(data: bytes, at: int) -> bytes:
    stream = BytesIO(data)
    stream.seek(at)
    reader = Base64Reader(stream)
    plain = BytesIO()
    try:
        while piece := reader.read(_PIECE):
            plain.write(piece)
    except Damaged as error:
        raise CannotOpen(str(error)) from None
    return plain.getvalue()


def header_of(fields: list[Field]) -> Message:
    """The fields that say how to read the body, for the library's parser of parameters."""
    header = Message()
    for field in fields:
        if field.name.startswith("content-") and field.name not in header:
            header[field.name] = field.value[:_LONGEST_VALUE].decode("utf-8", "replace")
    return header


def is_entity(content: bytes) -> bool:
    """Whether *content* is a MIME entity: it has a field that makes it one. Every S/MIME sender writes it, and
    rubbish does not hold it by chance."""
    fields, _ = read_header(content[:LONGEST_HEADER])
    return any(field.name.startswith("content-") or field.name == "mime-version" for field in fields)
