"""What segl-deliver receives besides messages for delivery."""

from __future__ import annotations

from enum import StrEnum


class Incoming(StrEnum):
    """What comes to segl-deliver and is no copy on its way to a recipient."""

    REPORT = "report"  # a delivery report of our own Postfix
    CANARY = "canary"  # one that went the secure way (segl.canary)
    CANARY_CLEAR = "canary-clear"  # one that the front delivered itself
