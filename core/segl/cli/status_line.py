"""One line of `segl status`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the answer. ``good`` is ``None`` when it could not be found out."""

    name: str
    good: bool | None
    text: str
