"""Drawings of Visio since 2013 (MS-VSDX): a package of XML parts as Office has them, read part by part as any archive.

What a shape is asked for (its data) stands in attributes, which are read there as they are. The pictures are those of a
document: the small ones are decoration, and the words of a metafile are read. The one of the first page, which Visio
puts into each file, shows what its parts say.
"""

from __future__ import annotations

import re

from segl_classifier.formats.archives import archive
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.picture import kind_of, picture

# Which Visio wrote it, as numbers such as 1006703189, which look like a personal one.
_BUILD = re.compile(
    rb'<property\s[^<>]*\bname="BuildNumber(?:Created|Edited)"[^<>]*>\s*<vt:i4>\d{1,10}</vt:i4>\s*</property>'
)
_CUSTOM = re.compile(r"/?docProps/custom\.xml", re.IGNORECASE)
_THUMBNAIL = re.compile(r"/?docProps/thumbnail\.\w+", re.IGNORECASE)


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """All text and all files in a vsdx, vsdm, vstx … ."""
    package = archive.read(data, name, allowance)
    harvest = Harvest(allowance)
    for passage in package.passages:
        harvest.text(passage.text, passage.place)
    for file in package.files:
        content = _BUILD.sub(b"", file.data) if _CUSTOM.fullmatch(file.name) else file.data
        if _THUMBNAIL.fullmatch(file.name) and kind_of(file.data):
            continue
        if not picture(file.name, content, harvest):
            harvest.file(file.name, file.content_type, content)
    for lack in package.lacks:
        harvest.lack(lack.cause, lack.detail)
    return harvest.content()
