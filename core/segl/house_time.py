"""In whose time people are told when something was, and until when it can be read: that of the host's zone.

A server of a hosting house or in a container mostly has none and tells UTC, by which nobody here lives: a receipt said
"kl. 7.05" of what was sent at five past nine. There it is Denmark's. Who wants UTC all the same, or another zone where
the host has none, says so to the process (``TZ``; in a unit's drop-in ``Environment=TZ=UTC``). Log events, delivery
reports and the machine's part of receipts tell UTC everywhere. (docs/decisions/0092-in-whose-time.md)
"""

from __future__ import annotations

import os
import time
from typing import Final

ZONE: Final = "Europe/Copenhagen"
_NONE: Final = ("UTC", "UTC")  # of a host without /etc/localtime, too


def keep_house_time() -> None:
    """For this process and those it starts: call it before there are threads (setenv(3))."""
    if "TZ" not in os.environ and time.tzname == _NONE:
        os.environ["TZ"] = ZONE
        time.tzset()
