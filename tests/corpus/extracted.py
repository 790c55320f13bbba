"""All texts of a message, with what its files hold: read by the pool of this process, as in a worker of the milter."""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakSet

import pytest

from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.extract import NO_OCR, REGISTRY, Pictures
from segl_classifier.extract import extract as extract_parts
from segl_classifier.extracted import Extracted, Extractor
from segl_classifier.message import Message, Part, Text
from segl_classifier.pool.client import Pool
from segl_classifier.pool.reader import PoolReader, shared


def extract(
    message: Message,
    limits: Limits,
    registry: Mapping[str, Extractor] = REGISTRY,
    *,
    files: Extractor | None = None,
    pictures: Pictures = NO_OCR,
) -> tuple[list[Text], list[Finding]]:
    """As :func:`segl_classifier.extract.extract`; *files* takes the pool's place."""
    if files is None:
        make_ready(limits, pictures)
    return extract_parts(
        message, limits, registry, files=files or PoolReader(limits, pictures).read, pictures=pictures
    )


_ready: WeakSet[Pool] = WeakSet()


def make_ready(limits: Limits, pictures: Pictures = NO_OCR) -> None:
    """A worker starts in seconds; on a busy machine these would be a message's, of which it has twenty."""
    pool = shared(limits, pictures)
    if pool not in _ready:
        pool.give_back(pool.take(120), good=True)
        _ready.add(pool)


def names_of_read(patch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the name of each file that is truly read from now on, and not remembered."""
    names: list[str] = []
    real = PoolReader.read_data

    def watched(self: PoolReader, part: Part, data: bytes, chars: int) -> Extracted:
        names.append(part.filename)
        return real(self, part, data, chars)

    patch.setattr(PoolReader, "read_data", watched)
    return names
