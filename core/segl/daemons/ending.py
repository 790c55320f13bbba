"""The end of a process that asyncio serves, when something of it waits for what never answers.

The store's server may be frozen (its machine is being copied, its disk hangs): no answer comes, and no end of the
connection either. Python ends when all its threads have, however long they wait; systemd kills what takes longer than
``TimeoutStopSec``, and calls the service failed.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from segl.daemons.listening import UnixListener
from segl.errors import SeglError
from segl.events import Events

# With `delivery.drain_seconds` as shipped, and the moments between, less than TimeoutStopSec in systemd/*.service.
ENDING_SECONDS: Final = 10.0


def end_within(
    seconds: float,
    listeners: Sequence[UnixListener],
    events: Events,
    last: Callable[[], None] = lambda: None,
) -> None:
    """Have this process, which serves nobody any more, end in so many seconds at the latest, with exit code 0: what
    waits then is told to the log and broken off, as by a power cut. *last* is called before. Returns at once."""

    def end() -> None:
        time.sleep(seconds)
        waiting = sorted(each.name for each in threading.enumerate() if not each.daemon)
        private = f"broken off after {seconds:g} s: no answer came ({', '.join(waiting)})"
        events.failed("stop", SeglError("the process was to end", private))
        with suppress(Exception):
            last()
        for listener in listeners:
            with suppress(OSError):
                listener.close()
        sys.stderr.flush()
        os._exit(0)

    threading.Thread(target=end, name="ending", daemon=True).start()
