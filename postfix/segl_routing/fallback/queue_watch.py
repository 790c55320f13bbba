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
from typing import Any, cast

from segl.demand_tag import UnknownDemand, untagged
from segl.vocabulary import Proof

MOST_MESSAGES = 50_000  # of one look
TOGETHER = 200  # of them read, or copies looked through, before the event loop has others' turn
MOST_PUSHED = 100  # messages tried again after one look
_LOOK_SECONDS = 30.0
_END_SECONDS = 5.0  # for what is left of its output once it was ended
_PIECE = 1 << 16
_LONGEST_LINE = 4 * 1024 * 1024  # bytes; a message to thousands of recipients is one line
_PROGRAM = "/usr/sbin/postqueue"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A recipient's copy in the deferred queue. ``arrived`` is Unix time; ``address`` is without the tag that tells
    what the message demands, ``least``."""

    queue_id: str
    address: str
    arrived: float
    reason: str
    least: Proof = Proof.ENCRYPT


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look that ``began`` then (Unix time) found in the queue, as far as it went (:data:`MOST_MESSAGES`).
    ``oldest``: when the message that is there longest arrived; None: there is none."""

    began: float = 0.0
    messages: int = 0
    oldest: float | None = None


class QueueWatch:
    """The queue of the instance configured in *directory*. ``seen`` is of the last look that succeeded."""

    def __init__(self, directory: Path, program: str = _PROGRAM) -> None:
        self._directory = directory
        self._command = (program, "-c", str(directory))
        self.seen = Seen()

    async def look(self) -> list[Waiting]:
        """Every copy that waits after a failure, of the first :data:`MOST_MESSAGES` messages. Raises :class:`OSError`
        when the queue cannot be looked at."""
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
        began, read = time.time(), 0
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                async for line in _lines(output):
                    message = message_in(line)
                    found += waiting_in(message)
                    arrivals += arrival_in(message)
                    read += 1
                    if read % TOGETHER == 0:  # what is there already is read without a wait: the others' turn
                        await asyncio.sleep(0)
                if read < MOST_MESSAGES and await process.wait():
                    raise OSError(self._gone() or "postqueue cannot show the queue")
        finally:
            await _end(process, output)
        self.seen = Seen(began, len(arrivals), min(arrivals, default=None))
        return found

    def _gone(self) -> str:
        """Where there is no such instance: it has not been installed, or is on another host."""
        try:
            (self._directory / "main.cf").stat()
        except (FileNotFoundError, NotADirectoryError):
            return f"no Postfix in {self._directory}"
        except OSError:
            pass
        return ""

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


async def _end(process: asyncio.subprocess.Process, output: asyncio.StreamReader) -> None:
    """However much of its output is left. A process is waited for until its output has ended, too: what nobody reads
    would keep both for ever."""
    if process.returncode is None:
        process.kill()
    with suppress(TimeoutError):
        async with asyncio.timeout(_END_SECONDS):
            while await output.read(_PIECE):
                pass
            await process.wait()


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    for _ in range(MOST_MESSAGES):
        try:
            line = await stream.readline()
        except ValueError:  # longer than the limit: passed over
            yield b""
            continue
        if not line:
            return
        yield line


def message_in(line: bytes) -> object:
    """What a *line* that postqueue(1) printed says of one message; ``None`` when it says nothing."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def waiting_in(message: Any) -> list[Waiting]:
    """The waiting copies of *message*, as postqueue(1) tells of it; none when it is no such thing."""
    try:
        if message["queue_name"] != "deferred":
            return []
        queue_id, arrived = str(message["queue_id"]), float(message["arrival_time"])
        told = [(str(r["address"]), str(r.get("delay_reason", ""))) for r in message["recipients"]]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return []
    return [_waiting(queue_id, address, arrived, reason) for address, reason in told if reason]


def arrival_in(message: Any) -> list[float]:
    """When *message* arrived, as postqueue(1) tells of it; nothing when it is no such thing."""
    try:
        return [float(message["arrival_time"])]
    except (ValueError, KeyError, TypeError, OverflowError):
        return []


def _waiting(queue_id: str, address: str, arrived: float, reason: str) -> Waiting:
    try:
        plain, least = untagged(address)
    except UnknownDemand:  # nothing is known of its way, which segl-map does not tell either
        plain, least = address, Proof.SEALED
    return Waiting(queue_id, plain, arrived, reason, least or Proof.ENCRYPT)
