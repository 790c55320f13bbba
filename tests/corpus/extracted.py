"""All texts of a message, with what its files hold: read by the pool of this process, as in a worker of the milter."""

from __future__ import annotations

from collections.abc import Mapping

from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.extract import NO_OCR, REGISTRY, Pictures
from segl_classifier.extract import extract as extract_parts
from segl_classifier.extracted import Extractor
from segl_classifier.message import Message, Text
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
