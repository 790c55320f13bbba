"""The files under ``formats/``, saved by LibreOffice, and the numbers that stand in them place by place."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

from corpus.reading import ALLOWANCE
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole.storage import Storage

HERE = Path(__file__).parent / "formats"

# File → the module that reads it.
MODULES = {
    "text.doc": "compound",
    "text.docx": "ooxml.reader",
    "text.odt": "odf.reader",
    "text.rtf": "rtf.reader",
    "sheets.xls": "compound",
    "sheets.ods": "odf.reader",
    "slides.ppt": "compound",
    "slides.odp": "odf.reader",
}


@cache
def content_of(name: str) -> bytes:
    packed = HERE / f"{name}.gz"
    return gzip.decompress(packed.read_bytes()) if packed.exists() else (HERE / name).read_bytes()


def streams_of(name: str) -> dict[str, bytes]:
    """The streams of the compound file *name*, to be changed and written anew."""
    storage = Storage(content_of(name), Harvest(ALLOWANCE))
    return {stream: storage.read(stream) for stream in sorted(storage.names())}


@cache
def places_of(name: str) -> dict[str, str]:
    """Place → number, for the file *name*."""
    every: dict[str, dict[str, str]] = json.loads((HERE / "places.json").read_text(encoding="utf-8"))
    return every[name.partition(".")[0]]
