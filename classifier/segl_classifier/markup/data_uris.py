"""Files written into a page itself (RFC 2397): where a page names a picture, it may hold it.

Besides ``src`` a picture may stand in a style (background, generated content, in place of an element), and in
``srcset``, a list of the same picture in several sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from segl.mime import transfer
from segl.mime.transfer import Encoding

_DATA_URI = re.compile(r"data:(?P<type>[\w.+-]++/[\w.+-]++)?[^,]{0,200}+,", re.IGNORECASE)
_IN_STYLE = re.compile(
    r"url\(\s{0,9}(?:\"(data:[^\"]*+)|'(data:[^']*+)|&quot;(data:[^&]*+)|(data:[^)\s]*+))"
    r"|(?<=[\s\"',=])(data:[^\s\"'>]*+)",
    re.IGNORECASE,
)

_LINE_ENDS = {ord(sign): None for sign in "\t\n\r"}
_AROUND = "".join(map(chr, range(33)))


@dataclass(frozen=True, slots=True)
class DataUri:
    """A file written into a page."""

    content_type: str
    base64: bool
    data: str

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        raw = unquote_to_bytes(self.data)
        return transfer.decode(raw, Encoding.BASE64) if self.base64 else raw


def data_uri(link: str) -> DataUri | None:
    """What *link* holds; ``None`` when it only names something. Line ends in it are none, and what stands around it is
    passed over, as browsers have it (URL Standard §4.4)."""
    link = link.strip(_AROUND)
    if link[:1] in "dD" and ("\n" in link or "\r" in link or "\t" in link):
        link = link.translate(_LINE_ENDS)
    if link[:5].lower() != "data:" or (uri := _DATA_URI.match(link)) is None:
        return None
    base64 = ";base64" in uri.group().lower()
    return DataUri((uri["type"] or "text/plain").lower(), base64, link[uri.end() :])


def pictures_in(style: str) -> Iterator[DataUri]:
    """The pictures in *style*: a style sheet, or the attributes of a tag."""
    for written in _IN_STYLE.finditer(style):
        uri = data_uri(next(filter(None, written.groups())))
        if uri and uri.content_type.startswith("image/"):
            yield uri
