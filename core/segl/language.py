"""The languages Segl speaks to people: Danish and English."""

from __future__ import annotations

from typing import Final, Literal

Language = Literal["da", "en"]
OTHER: Final[dict[Language, Language]] = {"da": "en", "en": "da"}
