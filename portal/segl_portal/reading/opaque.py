"""Messages inside a signature (S/MIME *opaque signing*, RFC 8551 §3.5.2): the whole of what was written is
the content of a CMS SignedData (RFC 5652 §5.1), and a browser would show its reader a file ``smime.p7m`` and
no word.

Here the content is taken out and read in its place, under the fields outside. The signature is not judged:
the portal knows the message from the house that sealed it, and whoever wants the signature has the whole
message."""

from __future__ import annotations

from typing import Final

from segl import ber
from segl.mail.fields import join_header, read_header
from segl.signed_data import signed_content
from segl.smime_types import CMS_TYPES
from segl_portal.reading.decoding import decoded, decoded_size
from segl_portal.reading.index import Index, Part, index
from segl_portal.reading.source import BytesSource, Source

LARGEST: Final = 30 * 1024 * 1024  # bytes that are taken out in memory; a larger one stays a file
_DEEPEST: Final = 3  # signatures around each other


def opened(source: Source) -> tuple[Source, Index, bool]:
    """The message in *source* as it is read, its parts, and whether it was inside a signature."""
    found, was_signed = index(source), False
    for _ in range(_DEEPEST):
        inner = _inside(source, found.parts[0])
        if inner is None:
            break
        source, was_signed = BytesSource(inner), True
        found = index(source)
    return source, found, was_signed


def _inside(source: Source, top: Part) -> bytes | None:
    """The fields outside, then what the signature holds; ``None`` when that is nothing of the kind."""
    if top.content_type not in CMS_TYPES or top.end - top.body > 2 * LARGEST:
        return None
    if decoded_size(source, top) > LARGEST:
        return None
    try:
        content = signed_content(b"".join(decoded(source, top)))
    except ber.Damaged:
        return None
    fields, _ = read_header(source.read(top.start, top.body - top.start))
    outside = [field for field in fields if not field.name.startswith("content-")]
    return join_header(outside, b"").removesuffix(b"\r\n") + content
