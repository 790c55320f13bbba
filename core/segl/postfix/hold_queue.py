"""The front's hold queue, and what Segl put there (postqueue(1), postcat(1), postsuper(1)).

Postfix tells whose message waits and since when, but not why. That stands in the header field ``X-Segl-Hold``, which
only our milter adds; a message that somebody else put on hold has none and is no business of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from segl import headers
from segl.errors import PostfixError
from segl.mail.fields import read_header
from segl.postfix.running import run_postfix

_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """One message that waits. ``arrived`` is Unix time; ``id`` is its X-Segl-Id, which it keeps."""

    queue_id: str
    id: str
    arrived: float
    size: int
    sender: str
    recipients: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoldQueue:
    """The hold queue of the instance configured in *directory*. Needs root, as Postfix's programs do."""

    directory: Path

    def messages(self) -> list[Held]:
        """What Segl holds, the oldest first. Raises :class:`PostfixError`."""
        done = run_postfix(["postqueue", "-c", str(self.directory), "-j"])
        if done.returncode:
            raise PostfixError("the queue cannot be looked at", done.stderr.strip()[:200], "run as root")
        # what waits in the other queues may be a hundred times as much, and stands before; an address may hold what
        # splitlines() takes for a line end
        waiting = [line for line in done.stdout.split("\n") if '"hold"' in line]
        found = [held for line in waiting[:_MOST] for held in self._held(line)]
        return sorted(found, key=lambda held: held.arrived)

    def header(self, queue_id: str) -> str:
        """The message's header, our own fields left out. Raises :class:`PostfixError`."""
        fields, _ = read_header(self._raw_header(queue_id))
        kept = [field.raw for field in fields if not field.name.startswith(headers.PREFIX)]
        return b"".join(kept).decode("utf-8", "replace")

    def content(self, queue_id: str) -> str:
        """The whole message. Raises :class:`PostfixError`."""
        return self._postcat("-bhq", queue_id)

    def release(self, queue_id: str) -> None:
        """Let it go on: it takes the secure way. Raises :class:`PostfixError`."""
        self._postsuper("-H", queue_id)

    def delete(self, queue_id: str) -> None:
        """Take it away for good. Raises :class:`PostfixError`."""
        self._postsuper("-d", queue_id)

    def _held(self, line: str) -> Iterator[Held]:
        try:
            message: dict[str, Any] = json.loads(line)
            if message["queue_name"] != "hold":
                return
            queue_id = str(message["queue_id"])
            fields, _ = read_header(self._raw_header(queue_id))
            ours = {field.name: field.value.decode("utf-8", "replace") for field in fields}
            if headers.HELD.lower() in ours and headers.ID.lower() in ours:
                yield Held(
                    queue_id,
                    ours[headers.ID.lower()],
                    float(message["arrival_time"]),
                    int(message["message_size"]),
                    str(message["sender"]),
                    tuple(str(each["address"]) for each in message["recipients"]),
                    tuple(ours[headers.HELD.lower()].split(", ")),
                )
        except (ValueError, KeyError, TypeError, PostfixError):
            return  # no message, or gone in this moment

    def _raw_header(self, queue_id: str) -> bytes:
        return self._postcat("-hq", queue_id).encode("utf-8", "surrogateescape")

    def _postcat(self, option: str, queue_id: str) -> str:
        done = run_postfix(["postcat", "-c", str(self.directory), option, queue_id])
        if done.returncode:
            raise PostfixError(f"{queue_id} cannot be read", done.stderr.strip()[:200], "is it still there?")
        return done.stdout

    def _postsuper(self, option: str, queue_id: str) -> None:
        done = run_postfix(["postsuper", "-c", str(self.directory), option, queue_id, "hold"])
        counted = ("1 message" in done.stderr) and not done.returncode
        if not counted:
            raise PostfixError(f"{queue_id} was not touched", done.stderr.strip()[:200], "is it still there?")
