"""What stands inside a signature: CMS SignedData with its content (RFC 5652 §5.1), as mail programs write it that do
not sign in the clear (RFC 8551 §3.5.2: ``smime.p7m``), and as signed files are sent (``faktura.pdf.p7m``).

Of the signature itself nothing is read, as of one that stands beside a message; where it is larger than one is, it is
told of.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from segl import ber
from segl.mime import sniff
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.signed_data import signed_content
from segl.vocabulary import Unreadable
from segl_classifier.extracted import Extracted
from segl_classifier.message import Part, unreadable
from segl_classifier.readers import SIGNATURE_BYTES, read_message
from segl_classifier.shown import shown_name

_ENDING: Final = ".p7m"
# Fields, one of which tells a type: a message, or a part of one, and no file.
_ENTITY: Final = re.compile(
    rb"(?:(?!content-type:)[!-9;-~]{1,76}:[^\r\n]*+\r?\n(?:[ \t][^\r\n]*+\r?\n)*+){0,30}+content-type:",
    re.IGNORECASE,
)


def read_cms(part: Part, limits: Limits) -> Extracted:
    """S/MIME (RFC 8551): what is signed is opened, what is encrypted told of."""
    head = part.head(sniff.HEAD)
    # "SMIME.p7m", as Exchange calls what is signed in the clear.
    if sniff.is_text(head) and _ENTITY.match(part.payload):
        return read_message(part, limits)
    if sniff.is_encrypted_cms(head):
        return Extracted(unread=(unreadable(Unreadable.ENCRYPTED, part.where, part.content_type),))
    data = part.payload
    try:
        content = signed_content(data)
    except ber.Damaged:
        return Extracted(unread=(unreadable(Unreadable.UNKNOWN_TYPE, part.where, part.content_type),))
    if _ENTITY.match(content):
        found = read_message(replace(part, encoded=content, encoding=Encoding.NONE), limits)
    else:
        found = Extracted(parts=(_file(part, content),))
    if len(data) - len(content) > SIGNATURE_BYTES:
        found = replace(
            found,
            unread=(*found.unread, unreadable(Unreadable.UNKNOWN_TYPE, part.where, "a large signature")),
        )
    return found


def _file(part: Part, content: bytes) -> Part:
    name = part.filename[: -len(_ENDING)] if part.filename.lower().endswith(_ENDING) else part.filename
    return Part(
        where=f"{part.where} > {shown_name(name) or 'signed file'}",
        content_type="application/octet-stream",
        charset="",
        filename=name,
        attached=True,
        encoded=content,
        depth=part.depth + 1,
        walked=False,
    )
