"""Places and facts of a finding as they may be shown: printable, short, digits masked."""

from __future__ import annotations

from segl.masking import mask_digits

_PLACE = 300  # characters
_DETAIL = 120


def shown_place(place: str) -> str:
    """A place that came from elsewhere: one line, at most 300 characters, digits masked."""
    return _shown(place, _PLACE)


def shown_detail(detail: str) -> str:
    """A fact that came from elsewhere: one line, at most 120 characters, digits masked."""
    return _shown(detail, _DETAIL)


def _shown(text: str, most: int) -> str:
    line = "".join(c if c.isprintable() else " " for c in text[: most * 2])
    masked = mask_digits(line).strip()
    return masked if len(masked) <= most else f"{masked[: most - 1]}…"
