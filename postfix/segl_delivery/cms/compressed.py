"""CompressedData (RFC 3274): content made smaller by zlib, read with a bound on what comes out."""

from __future__ import annotations

import zlib
from io import BytesIO

from segl import ber
from segl.ber import Damaged
from segl_delivery.cms.algorithm import enter_content, read_algorithm, read_oid
from segl_delivery.cms.names import ContentType

_ZLIB = "1.2.840.113549.1.9.16.3.8"


def decompress(message: bytes, largest: int) -> tuple[str, bytes]:
    """The type of the content and the content. Raises :class:`Damaged`, also for more than *largest*
    bytes."""
    reader = ber.Reader(message)
    enter_content(reader, ContentType.COMPRESSED, otherwise="no CompressedData")
    if read_algorithm(reader.whole())[0] != _ZLIB:
        raise Damaged("a compression that we do not read")
    reader.enter(ber.SEQUENCE)
    content_type = read_oid(reader.whole(64))
    reader.enter(ber.context(0))
    content = _inflated(reader, largest)
    for _ in range(5):
        reader.leave()
    return content_type, content


def _inflated(reader: ber.Reader, largest: int) -> bytes:
    inflater = zlib.decompressobj()
    plain = BytesIO()
    for piece in reader.pieces(ber.OCTETS):
        left = piece
        while left:
            if plain.tell() >= largest and not inflater.eof:
                raise Damaged("more comes out than we take")
            try:
                plain.write(inflater.decompress(left, min(ber.PIECE, largest - plain.tell() + 1)))
            except zlib.error:
                raise Damaged("the compressed content is damaged") from None
            left = inflater.unconsumed_tail
    if not inflater.eof or plain.tell() > largest:
        raise Damaged("the compressed content is cut off, or too large")
    return plain.getvalue()
