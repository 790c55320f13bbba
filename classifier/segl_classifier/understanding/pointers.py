"""Who is in a passage, as ``segl explain`` shows it: what the frame of the shipped model (:mod:`.frame`) points at."""

from __future__ import annotations

import re
from functools import cache

from segl_classifier.understanding.frame import Frame
from segl_classifier.understanding.loading import shipped_model
from segl_classifier.understanding.persons import Sign

_LINE = re.compile(r"[^\n]+")


@cache
def _shipped_frame() -> Frame | None:
    folder = shipped_model()
    return Frame.of(folder) if folder else None


def persons_in(passage: str) -> list[tuple[int, int, str]]:
    """Who is in *passage*, line by line, as far as the shipped recogniser finds, for ``explain``: start, end, and in
    which way; other names are left out. Nothing without it."""
    frame = _shipped_frame()
    lines = [(line.start(), line[0]) for line in _LINE.finditer(passage)]
    return [
        (at + mention.start, at + mention.end, mention.kind.value)
        for (at, _), seen in zip(
            lines, frame.look([line for _, line in lines]) if frame else (), strict=False
        )
        for mention in seen.mentions
        if isinstance(mention.kind, Sign)
    ]
