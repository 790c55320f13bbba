"""Helps tests of the readers: how much a file may cost, and where in a content a number stands whole."""

from __future__ import annotations

import math
import re

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content

ALLOWANCE = Allowance(chars=10_000_000, files=1_000, bytes=100_000_000)
WITH_OCR = Allowance(chars=10_000_000, files=1_000, bytes=100_000_000, ocr_until=math.inf)


def stands_in(content: Content, number: str) -> list[str]:
    """The places where *number* stands whole: nothing inside it, no digit before or behind it."""
    whole = re.compile(rf"(?<!\d){re.escape(number)}(?!\d)")
    return [passage.place for passage in content.passages if whole.search(passage.text)]


def text_of(content: Content) -> str:
    return "\n".join(passage.text for passage in content.passages)


def causes(content: Content) -> set[Unreadable]:
    return {lack.cause for lack in content.lacks}
