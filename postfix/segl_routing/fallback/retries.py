"""When the secure instance's queue manager tries a waiting copy again (qmgr(8), postconf(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from segl.errors import PostfixError
from segl.postfix.running import look_at, run_postfix

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True, slots=True)
class Retries:
    """Seconds, each named like the parameter; by default as Segl writes them. A copy that failed is tried again when it
    has waited as long as it is old, within the two bounds, and the queue is gone through."""

    minimal_backoff_time: float = 60.0
    maximal_backoff_time: float = 900.0
    queue_run_delay: float = 60.0

    def surely(self, failed: float, arrived: float) -> float:
        """When a copy that *arrived* then, and had *failed* by then, has been tried once more (all Unix seconds)."""
        wait = min(max(failed - arrived, self.minimal_backoff_time), self.maximal_backoff_time)
        return failed + wait + self.queue_run_delay


def retries_of(directory: Path) -> Retries:
    """By the instance configured in *directory*; as Segl writes them where it cannot be asked. Blocks."""
    names = [one.name for one in fields(Retries)]
    try:
        look_at(directory)  # what finds no configuration waits a second before it says so
        told = run_postfix(["postconf", "-c", str(directory), "-xh", *names]).stdout.split("\n")
    except PostfixError:
        return Retries()
    given = {name: _seconds(value) for name, value in zip(names, told, strict=False)}
    return Retries(**{name: seconds for name, seconds in given.items() if seconds is not None})


def _seconds(value: str) -> float | None:
    found = re.fullmatch(r"([0-9]{1,9})([smhdw]?)", value.strip())
    return float(found[1]) * _UNITS[found[2]] if found else None
