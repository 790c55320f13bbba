"""All texts of a message, with what its files hold: read by the pool of this process, as in a worker of the milter."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.extract import NO_OCR, REGISTRY, Pictures
from segl_classifier.extract import extract as extract_parts
from segl_classifier.extracted import Extracted, Extractor
from segl_classifier.message import Message, Part, Text
from segl_classifier.pool.reader import PoolReader


def extract(
    message: Message,
    limits: Limits,
    registry: Mapping[str, Extractor] = REGISTRY,
    *,
    files: Extractor | None = None,
    pictures: Pictures = NO_OCR,
) -> tuple[list[Text], list[Finding]]:
    """As :func:`segl_classifier.extract.extract`; *files* takes the pool's place."""
    return extract_parts(
        message, limits, registry, files=files or PoolReader(limits, pictures).read, pictures=pictures
    )


def names_of_read(patch: pytest.MonkeyPatch) -> list[str]:
    """Grows by the name of each file that is truly read from now on, and not remembered."""
    names: list[str] = []
    real = PoolReader.read_data

    def watched(self: PoolReader, part: Part, data: bytes, chars: int) -> Extracted:
        names.append(part.filename)
        return real(self, part, data, chars)

    patch.setattr(PoolReader, "read_data", watched)
    return names
