"""In whose time people are told when something was, and until when it can be read: that of the host's zone.

A server of a hosting house or in a container mostly has none and tells UTC, by which nobody here lives: a receipt said
"kl. 7.05" of what was sent at five past nine. There it is Denmark's. Who wants UTC all the same, or another zone where
the host has none, says so to the process (``TZ``; in a unit's drop-in ``Environment=TZ=UTC``). Log events, delivery
reports and the machine's part of receipts tell UTC everywhere. (docs/decisions/0092-in-whose-time.md)
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Final

ZONE: Final = "Europe/Copenhagen"
_NONE: Final = ("UTC", "UTC")  # of a host without /etc/localtime, too
_HOSTS_OWN: Final = "SEGL_HOST_TZ"  # in the environment: ours is not the host's, but for people


def keep_house_time() -> None:
    """For this process and those it starts: call it before there are threads (setenv(3))."""
    if "TZ" not in os.environ and time.tzname == _NONE:
        os.environ["TZ"] = ZONE
        os.environ[_HOSTS_OWN] = "UTC"
        time.tzset()


def by_the_hosts_clock(when: datetime) -> float:
    """Unix time of what another program of this host wrote: without a zone (a line of Postfix's log) it is the
    host's, whatever people are told."""
    if when.tzinfo is None and os.environ.get(_HOSTS_OWN):
        when = when.replace(tzinfo=UTC)
    return when.timestamp()


def without_house_time(environment: dict[str, str]) -> dict[str, str]:
    """*environment* for a program that is none of Segl's: Postfix's master keeps a ``TZ`` (``import_environment``), and
    would write its log by it."""
    ours = ("TZ", _HOSTS_OWN) if environment.get(_HOSTS_OWN) else ()
    return {name: value for name, value in environment.items() if name not in ours}
