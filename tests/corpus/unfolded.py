"""What is read of a file and of all that is in it, as a worker of the pool reads it."""

from __future__ import annotations

import time

from bench.cpr_numbers import TODAY
from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.message import Part, Text
from segl_classifier.pool.unfold import unfold


class Read(list[Text]):
    """The texts of a file of this *name*, and in ``gaps`` what could not be read of it."""

    def __init__(
        self,
        name: str,
        data: bytes,
        content_type: str = "application/octet-stream",
        *,
        charset: str = "",
        attached: bool = True,
        ocr_seconds: float = 0.0,
    ) -> None:
        super().__init__()
        self.gaps: list[Finding] = []
        part = Part("part 2", content_type, charset, name, attached, data)
        unfold(part, Limits(), self, ocr_until=time.monotonic() + ocr_seconds if ocr_seconds else 0.0)

    def text(self, text: Text) -> None:
        self.append(text)

    def unread(self, finding: Finding) -> None:
        self.gaps.append(finding)

    def flush(self) -> None:
        pass

    def __str__(self) -> str:
        return "\n".join(text.text for text in self)

    @property
    def numbers(self) -> int:
        """How many personal numbers the detector finds in it."""
        return sum(f.score >= THRESHOLD for text in self for f in find_cpr(text, today=TODAY))

    @property
    def causes(self) -> list[str]:
        """Why something could not be read."""
        return [finding.rule for finding in self.gaps]


class Whole(Read):
    """Of a file of which all can be read."""

    def unread(self, finding: Finding) -> None:
        raise AssertionError(finding)
