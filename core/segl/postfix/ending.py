"""A Postfix instance that was stopped: when its last process is gone.

``postfix stop`` comes back as soon as the master has given up its lock. Its daemons were told to end in that moment,
and on a busy host live a little longer: they may still write a pid file or a log of failures, and make its folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

# A daemon in the midst of a write to a slow disk; then what is left is left, and named.
_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Session:
    """The processes of the instance with this *queue*: its master leads a session (setsid(2)), all stand in it."""

    queue: Path
    leader: int

    @classmethod
    def of(cls, queue: Path) -> Self | None:
        """By the pid file of its master; ``None`` where that cannot be told."""
        try:
            return cls(queue, int((queue / "pid" / "master.pid").read_text("ascii").split()[0]))
        except (OSError, ValueError, IndexError):
            return None

    def wait(self, seconds: float = _SECONDS) -> bool:
        """Until all have ended. Blocking, at most so long; whether they have."""
        until = time.monotonic() + seconds
        while any(self._living()):
            if time.monotonic() >= until:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def _living(self) -> Iterator[int]:
        """One that has ended and that nobody has asked about has no directory any more."""
        for number in (one.name for one in Path("/proc").iterdir() if one.name.isdecimal()):
            with suppress(OSError):
                if os.getsid(int(number)) == self.leader and Path(f"/proc/{number}/cwd").samefile(self.queue):
                    yield int(number)
