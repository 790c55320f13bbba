"""The front's hold queue, and what Segl put there (postqueue(1), postcat(1), postsuper(1)).

Postfix tells whose message waits and since when, but not why. That stands in the header field ``X-Segl-Hold``, which
only our milter adds; a message that somebody else put on hold has none and is no business of ours.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from segl import headers
from segl.errors import PostfixError
from segl.mail.fields import read_header
from segl.postfix import sockets
from segl.postfix.bound import destination_in, in_force, is_served, ordinary
from segl.postfix.check import SECURE
from segl.postfix.running import complaint, look_at, read_instance, run_postfix
from segl.settings.document import Settings

MOST: Final = 10_000  # each costs a run of postcat(1), some milliseconds
_GONE: Final = "No such file or directory"  # what postcat says of a message that is not there any more


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
class Listed:
    """What postqueue(1) tells of a message."""

    queue_id: str
    arrived: float
    size: int
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """One whose header could not be read, so that nobody knows whose word holds it. ``why`` is postcat's."""

    listed: Listed
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """What Segl holds, the oldest first; what may be, and could not be read; and how many were not looked at, because
    so many wait."""

    held: tuple[Held, ...]
    unread: tuple[Unread, ...] = ()
    beyond: int = 0


@dataclass(frozen=True, slots=True)
class HoldQueue:
    """The hold queue of the instance configured in *directory*. Needs root, as Postfix's programs do."""

    directory: Path

    def waiting(self) -> Waiting:
        """All that waits, as far as it can be seen. Raises :class:`PostfixError`."""
        every = sorted(self._listed(), key=lambda message: message.arrived)
        looked = [self._look(message) for message in every[:MOST]]
        return Waiting(
            tuple(found for found in looked if isinstance(found, Held)),
            tuple(found for found in looked if isinstance(found, Unread)),
            max(0, len(every) - MOST),
        )

    def find(self, wanted: str, *, prefix: bool) -> list[Held]:
        """The one with the queue id *wanted*; else, with *prefix*, those whose id begins so. However many wait: whoever
        was told of one must find it. Raises :class:`PostfixError`, also for one that is there and cannot be read."""
        every = self._listed()
        named = next((message for message in every if message.queue_id == wanted), None)
        if named is None:
            looked = (self._look(message) for message in every if prefix)
            return [held for held in looked if isinstance(held, Held) and held.id.startswith(wanted)]
        found = self._look(named)
        if isinstance(found, Unread):
            raise PostfixError(f"{wanted} cannot be read", found.why, "postcat -hq shows what there is of it")
        return [] if found is None else [found]

    def header(self, queue_id: str) -> str:
        """The message's header, our own fields left out. Raises :class:`PostfixError`."""
        fields, _ = read_header(self._raw_header(queue_id))
        kept = [field.raw for field in fields if not field.name.startswith(headers.PREFIX)]
        return b"".join(kept).decode("utf-8", "replace")

    def content(self, queue_id: str) -> str:
        """The whole message. Raises :class:`PostfixError`."""
        return self._postcat("-bhq", queue_id)

    def must_be_anew(self, queue_id: str, settings: Settings) -> bool:
        """Whether it is bound for an address that is no more (:mod:`segl.postfix.bound`). Raises :class:`PostfixError`,
        also when nobody answers where it would go: a message that waited here longer than Postfix tries to deliver one
        comes back to its sender at the first failure."""
        destination = destination_in(self._postcat("-eq", queue_id))
        gone = destination not in in_force(settings)
        if gone:
            destination = ordinary(settings)
            front = read_instance(self.directory)
            if front.value("content_filter", front.service("pickup", "unix")) != destination:
                private = f"{queue_id} is bound for an address that is no more, and Postfix does not know the new one"
                raise PostfixError(
                    "it cannot go now", private, "segl install --reload; then this command again"
                )
        if not destination.startswith(f"{SECURE}:["):
            raise PostfixError("it cannot go now", f"{queue_id} is bound for {destination}", "segl doctor")
        address = destination.partition(":")[2]
        if fault := sockets.fault_of(lambda: sockets.tcp(address, sockets.ask_smtp)):
            private = f"the secure instance, {address}: {fault}"
            # What it was bound for may be undone since (`segl install --undo`): no start brings that back.
            there = is_served(destination, _master(self.directory), _master(settings.postfix.secure))
            first = f"postfix -c {settings.postfix.secure} start" if there else "segl install --reload"
            hint = f"{first}; then this command again: the message waits"
            raise PostfixError("it cannot go now", private, hint)
        return gone

    def release(self, queue_id: str, *, anew: bool = False) -> None:
        """Let it go on: it takes the secure way, *anew* by what Postfix is told today. Raises :class:`PostfixError`."""
        self._postsuper("-r" if anew else "-H", queue_id)

    def delete(self, queue_id: str) -> None:
        """Take it away for good. Raises :class:`PostfixError`."""
        self._postsuper("-d", queue_id)

    def _listed(self) -> list[Listed]:
        """The hold queue, whoever put it there."""
        done = run_postfix(["postqueue", "-c", str(self.directory), "-j"])
        if done.returncode:
            look_at(self.directory)  # plain causes first
            hint = "run as root" if os.geteuid() else f"does Postfix run? postfix -c {self.directory} status"
            raise PostfixError("the queue cannot be looked at", complaint(done), hint)
        # what waits in the other queues may be a hundred times as much, and stands before; an address may hold what
        # splitlines() takes for a line end
        return [found for line in done.stdout.split("\n") if '"hold"' in line for found in _on_hold(line)]

    def _look(self, message: Listed) -> Held | Unread | None:
        """``None``: held by somebody else, or gone in this moment."""
        try:
            fields, _ = read_header(self._raw_header(message.queue_id))
        except PostfixError as error:
            return None if _GONE in error.private else Unread(message, error.private)
        ours = {field.name: field.value.decode("utf-8", "replace") for field in fields}
        if headers.HELD.lower() not in ours or headers.ID.lower() not in ours:
            return None
        return Held(
            message.queue_id,
            ours[headers.ID.lower()],
            message.arrived,
            message.size,
            message.sender,
            message.recipients,
            tuple(ours[headers.HELD.lower()].split(", ")),
        )

    def _raw_header(self, queue_id: str) -> bytes:
        return self._postcat("-hq", queue_id).encode("utf-8", "surrogateescape")

    def _postcat(self, option: str, queue_id: str) -> str:
        done = run_postfix(["postcat", "-c", str(self.directory), option, queue_id])
        if done.returncode:
            raise PostfixError(f"{queue_id} cannot be read", complaint(done), "is it still there?")
        return done.stdout

    def _postsuper(self, option: str, queue_id: str) -> None:
        done = run_postfix(["postsuper", "-c", str(self.directory), option, queue_id, "hold"])
        counted = ("1 message" in done.stderr) and not done.returncode
        if not counted:
            raise PostfixError(f"{queue_id} was not touched", complaint(done), "is it still there?")


def _master(directory: Path) -> str:
    """master.cf in *directory*; empty where there is none."""
    try:
        return (directory / "master.cf").read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""


def _on_hold(line: str) -> Iterator[Listed]:
    """The message that a *line* of postqueue's tells of, if it is on hold."""
    try:
        message: dict[str, Any] = json.loads(line)
        if message["queue_name"] == "hold":
            yield Listed(
                str(message["queue_id"]),
                float(message["arrival_time"]),
                int(message["message_size"]),
                str(message["sender"]),
                tuple(str(each["address"]) for each in message["recipients"]),
            )
    except (ValueError, KeyError, TypeError):
        return
