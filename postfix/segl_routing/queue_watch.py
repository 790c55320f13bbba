"""Looks into the secure instance's queue: which copies wait, how long already, and for what.

``postqueue -j`` (postqueue(1)) prints one JSON object a message: its queue, id, time of arrival, and each recipient
that is not done with, with the reason of the last failure. It asks showq(8), which reads the queue's files; no
content is in it. The same program tells the queue manager to try one message now (``-i``).

The queue may hold a hundred thousand messages, and lines come from envelopes that strangers wrote: it is read line
by line with a bound on all, in a process that is ended when it takes too long.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from segl.demand_tag import UnknownDemand, untagged

MOST_MESSAGES = 50_000  # of one look
MOST_PUSHED = 100  # messages tried again after one look
_LOOK_SECONDS = 30.0
_LONGEST_LINE = 4 * 1024 * 1024  # bytes; a message to thousands of recipients is one line
_PROGRAM = "/usr/sbin/postqueue"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recipient's copy in the deferred queue. ``arrived`` is Unix time; ``address`` is without a demand's tag."""

    queue_id: str
    address: str
    arrived: float
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look that ``began`` then (Unix time) found in the queue. ``oldest``: when the message that is there
    longest arrived; None: there is none."""

    began: float = 0.0
    messages: int = 0
    oldest: float | None = None


class QueueWatch:
    """The queue of the instance configured in *directory*. ``seen`` is of the last look that succeeded."""

    def __init__(self, directory: Path, program: str = _PROGRAM) -> None:
        self._command = (program, "-c", str(directory))
        self.seen = Seen()

    async def look(self) -> list[Waiting]:
        """Every copy that waits after a failure. Raises :class:`OSError` when the queue cannot be looked at."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            "-j",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LONGEST_LINE,
        )
        output = cast("asyncio.StreamReader", process.stdout)
        found: list[Waiting] = []
        arrivals: list[float] = []
        began = time.time()
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                async for line in _lines(output):
                    found += waiting_in(line)
                    arrivals += arrival_in(line)
                if await process.wait():
                    raise OSError("postqueue cannot show the queue")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.seen = Seen(began, len(arrivals), min(arrivals, default=None))
        return found

    async def push(self, queue_ids: Iterable[str]) -> None:
        """Have these messages tried again now."""
        for queue_id in list(queue_ids)[:MOST_PUSHED]:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                "-i",
                queue_id,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _LOOK_SECONDS)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    for _ in range(MOST_MESSAGES):
        try:
            line = await stream.readline()
        except ValueError:  # longer than the limit: passed over
            continue
        if not line:
            return
        yield line


def waiting_in(line: bytes) -> list[Waiting]:
    """The waiting copies of one message, as postqueue(1) prints it; none when the line is no such thing."""
    try:
        message = json.loads(line)
        if message["queue_name"] != "deferred":
            return []
        queue_id, arrived = str(message["queue_id"]), float(message["arrival_time"])
        told = [(str(r["address"]), str(r.get("delay_reason", ""))) for r in message["recipients"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
    return [Waiting(queue_id, _plain(address), arrived, reason) for address, reason in told if reason]


def arrival_in(line: bytes) -> list[float]:
    """When one message arrived, as postqueue(1) prints it; nothing when the line is no such thing."""
    try:
        return [float(json.loads(line)["arrival_time"])]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []


def _plain(address: str) -> str:
    with suppress(UnknownDemand):
        return untagged(address)[0]
    return address
