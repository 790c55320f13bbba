"""Numbers of things, as people write them."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """``1 message``, ``2 messages``; *many* where the plural is not made by an ``s``: ``2 entries``."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
