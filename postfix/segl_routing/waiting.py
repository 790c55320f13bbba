"""The wording for a look-up that has not finished yet."""

from __future__ import annotations


def still_looking(within: float) -> str:
    """What is said of a look-up that did not end *within* so many seconds; of some nothing was left when it began."""
    return (
        f"still looking after {within:.1f} s" if within > 0 else "still looking, and no time is left to wait"
    )
