"""Pieces of a mail that Segl writes itself (RFC 5322, 2045, 2047).

Text from outside gets into a header only through these: on one line, without control characters, encoded
where it is not plain ASCII.
"""

from __future__ import annotations

import quopri
from email.header import Header


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
    folded."""
    if text.isascii() and len(text) <= 900 and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76, continuation_ws=" ").encode(linesep="\r\n")


def display_name(text: str) -> str:
    """A display name: quoted when ASCII, else encoded words."""
    if text.isascii() and len(text) <= 200 and "=?" not in text:
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return Header(text, "utf-8", maxlinelen=70, continuation_ws=" ").encode(linesep="\r\n")
