"""Whether a short text that is to stand in clear holds a personal number, as the detector reads it."""

from __future__ import annotations

from typing import Final

# In what a program made, with fewer there is none (segl_classifier.cpr); people write numbers in words, too.
_FEWEST_DIGITS: Final = 6


def in_subject(text: str) -> bool:
    return _counts(text, "subject")


def in_name(text: str) -> bool:
    """In a name that a program made, as of a file: words, dates and counters are joined alike."""
    return sum(map(str.isdigit, text)) >= _FEWEST_DIGITS and _counts(text, "filename")


def _counts(text: str, source: str) -> bool:
    # Eight megabytes, a tenth of a second: at the first text with digits, not at the start.
    from segl_classifier.cpr.find import find_cpr
    from segl_classifier.cpr.judging.score import THRESHOLD
    from segl_classifier.message import Source, Text

    return any(one.score >= THRESHOLD for one in find_cpr(Text(text, source, Source(source))))
