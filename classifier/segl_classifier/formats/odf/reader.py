"""OpenDocument (ISO/IEC 26300): the files of LibreOffice, odt, ods, odp and their templates.

A zip package with ``content.xml`` (text, sheets or slides), ``styles.xml`` (heads and foots of pages), ``meta.xml``
(properties) and the files put into the document. A paragraph (``p``, ``h``) holds text and spans mixed. Deleted text
waits in ``tracked-changes`` and is read from there. Blanks and tabs are elements (``s``, ``tab``); empty rows and
columns are written once with the number of times they repeat, which may say a million.

A document with a password has its parts encrypted one by one; ``META-INF/manifest.xml`` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from zipfile import ZipInfo

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.odf.text import OdfText
from segl_classifier.formats.pictures.picture import picture
from segl_classifier.formats.xml.attribute_numbers import Watch
from segl_classifier.formats.xml.events import NotXml, parse
from segl_classifier.formats.zipped.package import Package, read_package

_LAYOUT = re.compile(
    r"layout-cache|Thumbnails/.*|Configurations2?/.*|(?:.*/)?(?:settings\.xml|manifest\.rdf|META-INF/.*)"
    r"|(?:.*/)?Fonts/.*|(?:.*/)?ObjectReplacements/.*|(?:.*/)?TablePreview\d+\.svm",
    re.DOTALL,
)
_ENCRYPTED = re.compile(rb"<(?:\w{1,20}:)?encryption-data\b")
_MOST_MANIFEST = 1_000_000
_LONGEST_TYPE = 100  # bytes


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """All text and all files in an OpenDocument file. One that is a single XML file is text, and read as such
    (:mod:`segl_classifier.records.saved_document`)."""
    return read_package(data, allowance, _read_parts)


def _read_parts(package: Package, harvest: Harvest) -> None:
    manifest = package.find("META-INF/manifest.xml")
    if manifest is not None and _ENCRYPTED.search(package.content(manifest)[:_MOST_MANIFEST]):
        harvest.lack(Unreadable.ENCRYPTED, "an OpenDocument file with a password")
        return
    if package.find("content.xml") is None:
        harvest.lack(Unreadable.DAMAGED, "a document without content")
    for part in sorted(package.members, key=lambda part: part.filename != "content.xml"):
        name = part.filename
        is_type = name == "mimetype" and part.file_size <= _LONGEST_TYPE
        if is_type or (_LAYOUT.fullmatch(name) and package.is_layout(part)):
            continue
        if name.endswith(".xml"):
            _read_text(package.chunks(part), _place(name), harvest)
        else:
            _read_file(package, part, harvest)


def _place(name: str) -> str:
    base = name.rpartition("/")[2]
    if base == "styles.xml":
        return "header or footer"
    if base == "meta.xml":
        return "properties"
    return "" if name == "content.xml" else "object"


def _read_text(chunks: Iterable[bytes], place: str, harvest: Harvest) -> None:
    text, watch = OdfText(harvest, place), Watch()
    try:
        parse(chunks, text.start, text.end, text.characters, watch)
    except NotXml as error:
        harvest.lack(Unreadable.DAMAGED, f"a part of the file {error}")
    text.finish()
    watch.tell(harvest)


def _read_file(package: Package, part: ZipInfo, harvest: Harvest) -> None:
    data = package.content(part)
    name = part.filename.rpartition("/")[2]
    if data and not picture(name, data, harvest):
        harvest.file(name, "", data)
