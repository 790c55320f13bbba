"""Colours that can be read: contrast as WCAG 2.2 counts it, and from one colour of the house the few that pages need.

Contrast is ``(L1 + 0.05) / (L2 + 0.05)`` of the relative luminances (WCAG 2.2, definition "contrast ratio"); text must
reach 4.5 (criterion 1.4.3), what frames a field or shows focus 3 (1.4.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TEXT: Final = 4.5
# The grounds of the style sheet (portal.css); a test holds the two together.
LIGHT_GROUND: Final = "#fbfaf7"
DARK_GROUND: Final = "#171916"


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white). Colours are ``#rrggbb``."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(colour: str, with_: str, part: float) -> str:
    """*colour* with *part* (0 to 1) of another."""
    pairs = zip(_channels(colour), _channels(with_), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


@dataclass(frozen=True, slots=True)
class Palette:
    """A look's colour by day and by night, each with the ink that is read on it."""

    day: str
    night: str

    @classmethod
    def of(cls, colour: str) -> Palette:
        """By night the colour is lightened until it can be read on the dark ground, with a dark ink on it."""
        part, night = 0.0, colour
        while contrast(night, DARK_GROUND) < TEXT + 1.5 and part < 1:
            part += 0.05
            night = mixed(colour, "#ffffff", part)
        return cls(colour, night)

    @property
    def readable(self) -> float:
        """The least contrast it is used with by day: as text on the ground, and under white text."""
        return min(contrast(self.day, LIGHT_GROUND), contrast(self.day, "#ffffff"))

    def style_sheet(self) -> str:
        deep, soft = mixed(self.night, "#ffffff", 0.25), mixed(self.night, DARK_GROUND, 0.85)
        return (
            f":root{{--accent:{self.day};--on-accent:#ffffff;--accent-deep:{mixed(self.day, '#000000', 0.18)};"
            f"--accent-soft:{mixed(self.day, LIGHT_GROUND, 0.9)}}}\n"
            f"@media (prefers-color-scheme:dark){{:root{{--accent:{self.night};--on-accent:{DARK_GROUND};"
            f"--accent-deep:{deep};--accent-soft:{soft}}}}}\n"
        )


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
