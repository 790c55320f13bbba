"""Properties in XML (XMP, ISO 16684-1), which stand in PDF files and in pictures so that any program can find them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from segl_classifier.formats.xml.flow import read_flow

_BEGIN = re.compile(rb"<([\w-]{1,20}):xmpmeta\b")
_ATTRIBUTE = re.compile(r"""\s(?:[\w-]{1,40}:)?([\w.-]{1,80})=(?:"([^"<>]*+)"|'([^'<>]*+)')""")
_DESCRIBED = re.compile(r"<(?:[\w-]{1,20}:)?Description\b[^<>]*+>")
# Of the versions and the pieces of a picture there may be thousands.
_IDENTIFIER = re.compile(
    r"\s?(?:xmp\.\w+:|adobe:docid:[\w-]+:|urn:|uuid:)*(?=[\d-]*[A-Fa-f])[0-9A-Fa-f-]{16,}"
)
# Properties that programs write of their own accord. Others that are called "…ID" are somebody's: "PatientID".
_HOUSEKEEPING = frozenset(
    """CreateDate ModifyDate MetadataDate CreationDate ModDate DocumentID InstanceID OriginalDocumentID VersionID
    RenditionID JobID ImageUniqueID GUID UUID UniqueID ID documentID instanceID originalDocumentID versionID
    _AdHocReviewCycleID CreatorTool Producer format part conformance""".split()
)
_NUMBER = re.compile(r"(?<![0-9A-Za-z.+-])\d{6}[^\w\n]{0,3}\d{4}(?![0-9A-Za-z.-])")
# By their first bytes (XML 1.0, appendix F); the longer before those they begin with.
_WIDE = {
    b"\xff\xfe\0\0": "utf-32-le", b"<\0\0\0": "utf-32-le", b"\0\0\xfe\xff": "utf-32-be", b"\0\0\0<": "utf-32-be",
    b"\xff\xfe": "utf-16-le", b"<\0": "utf-16-le", b"\xfe\xff": "utf-16-be", b"\0<": "utf-16-be",
}  # fmt: skip
_DECLARATION = re.compile(r"\ufeff?\s*(?:<\?xml\b[^<>]*\?>)?")
_NO_PROPERTY = frozenset(("about", "parseType", "lang", "resource", "version", "encoding"))


def packets(data: bytes) -> Iterator[bytes]:
    """The properties that stand readable in the file *data*."""
    place = 0 if b":xmpmeta" in data else len(data)  # quicker than to look for a name before it
    while begin := _BEGIN.search(data, place):
        close = b"</%s:xmpmeta>" % begin[1]
        end = data.find(close, begin.end())
        if end < 0:
            return
        place = end + len(close)
        yield data[begin.start() : place]


def lines_of(packet: bytes, most: int) -> list[str]:
    """What *packet* says, of about *most* characters: a property a line, its name before it, no housekeeping."""
    packet = _in_utf8(packet)
    flow = read_flow([packet], labels=True, most=most, data=True)
    lines = [*flow.lines, *_attributes(packet)]
    return [line for line in lines if not is_housekeeping(*line.partition(":")[::2])]


def _in_utf8(packet: bytes) -> bytes:
    charset = next((charset for begin, charset in _WIDE.items() if packet.startswith(begin)), None)
    return _DECLARATION.sub("", packet.decode(charset, "replace"), count=1).encode() if charset else packet


def is_housekeeping(label: str, value: str) -> bool:
    """Whether a property of this name is a time, an identifier or the name of a program. What has the form of a
    personal number is none under any name."""
    if _NUMBER.search(value):
        return False
    return label in _HOUSEKEEPING or _IDENTIFIER.fullmatch(value) is not None


def _attributes(packet: bytes) -> Iterator[str]:
    """Properties that are written as attributes (XMP part 1 §7.9.2.2)."""
    for element in _DESCRIBED.findall(packet.decode("utf-8", "replace")):
        for name, double, single in _ATTRIBUTE.findall(element):
            if name not in _NO_PROPERTY and (value := html.unescape(double or single)):
                yield f"{name}: {value}"
