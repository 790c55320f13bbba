"""Places, facts of a finding and names of files as they may be shown: printable, short, digits masked."""

from __future__ import annotations

import re

from segl.masking import mask_digits

_PLACE = 300  # characters
_DETAIL = 120
_DIGIT = re.compile(r"\d")
_MASKED = 6  # fewer digits are never masked


def shown_place(place: str) -> str:
    """A place that came from elsewhere: one line, at most 300 characters, digits masked."""
    return _shown(place, _PLACE)


def shown_detail(detail: str) -> str:
    """A fact that came from elsewhere: one line, at most 120 characters, digits masked."""
    return _shown(detail, _DETAIL)


def shown_name(filename: str) -> str:
    """A file name as it may be shown: printable, at most 80 characters, digits masked."""
    line = "".join(c if c.isprintable() else " " for c in filename[:400])
    masked = mask_digits(line).strip()
    return masked if len(masked) <= 80 else masked[:79] + "…"


def _shown(text: str, most: int) -> str:
    line = text[: most * 2]
    if not line.isprintable():
        line = "".join(c if c.isprintable() else " " for c in line)
    if len(_DIGIT.findall(line)) >= _MASKED:
        line = mask_digits(line)
    line = line.strip()
    return line if len(line) <= most else f"{line[: most - 1]}…"
