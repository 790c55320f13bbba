"""Which messages are S/MIME, told by their header alone (RFC 8551 §3.2, §3.9): for the milter, which marks them,
and for ``segl-deliver``, which opens them."""

from __future__ import annotations

from email.message import Message
from typing import Final

from segl.mime.parameters import read_parameters

# RFC 8551 §3.2; the old name that many still write; RFC 7193, which names any CMS object.
CMS_TYPES: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/cms"})
SIGNATURE_TYPES: Final = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature"})
_FILES: Final = (".p7m", ".p7z")
_LONGEST_VALUE: Final = 4096  # bytes of a field that are looked at


def is_smime(content_type: bytes, content_disposition: bytes = b"") -> bool:
    """Whether a message with these fields is encrypted, signed or compressed as a whole."""
    header = Message()
    for name, value in (("Content-Type", content_type), ("Content-Disposition", content_disposition)):
        if value.strip():
            header[name] = " ".join(value[:_LONGEST_VALUE].decode("utf-8", "replace").split())
    return holds_cms(header) or is_clear_signed(header)


def holds_cms(header: Message) -> bool:
    """Whether the body is a CMS object. One sent as a mere file is known by its name alone."""
    kind = _content_type(header)
    if kind in CMS_TYPES:
        return True
    return kind == "application/octet-stream" and str(header.get_filename("")).lower().endswith(_FILES)


def is_clear_signed(header: Message) -> bool:
    """``multipart/signed`` with a CMS signature (not that of OpenPGP)."""
    return (
        _content_type(header) == "multipart/signed"
        and str(header.get_param("protocol", "")).lower() in SIGNATURE_TYPES
    )


def _content_type(header: Message) -> str:
    """In lower case, comments taken out (RFC 2045 §5.1), which the standard library leaves in."""
    return read_parameters(str(header.get("Content-Type", ""))).value
