"""Which messages were in hand when the process was ended by force, and how often.

One message may want more memory than there is, or meet a fault that no exception tells of. Postfix tries it again, and
each time all others in hand and all that come in the next minute wait with it. So each message leaves a mark while it
is in hand. Marks that are there at a start are of messages that the process did not survive: a message that was among
them three times is put off, ever longer. Nobody can say which of several it was; the others are taken at their next
try, and that ends it.

Marks bear digests alone, and lie where the sockets are: a boot takes them away.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = "in-hand"
# Once or twice is no sign: whatever else was in hand has a mark, too, and may be tried at the same time again.
SUSPECT: Final = 3
FIRST_SECONDS: Final = 600.0
LONGEST_SECONDS: Final = 6 * 3600.0
# After so long without another end the message is gone, or innocent.
FORGOTTEN_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Ends:
    """How often the process ended with a message in hand, and when last, in seconds since the boot."""

    count: int = 0
    at: float = 0.0

    @property
    def until(self) -> float:
        """When it may be taken again."""
        if self.count < SUSPECT:
            return 0.0
        return self.at + min(FIRST_SECONDS * 3.0 ** min(self.count - SUSPECT, 9), LONGEST_SECONDS)


def name_of(way: str, sender: str, recipients: Sequence[str], size: int) -> str:
    """A message's mark; two that look the same to a client share it."""
    told = "\0".join((way, sender, *sorted(recipients), str(size)))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class InHand:
    """The marks in *folder*. Where they cannot be written mail is delivered without."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._now = folder, now
        self._ends: dict[str, Ends] = {}
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)
            for file in list(folder.iterdir()):
                self._found(file)

    def put_off(self, name: str) -> Ends | None:
        """Why the message is not to be taken now; ``None``: it may be."""
        ends = self._ends.get(name)
        return ends if ends is not None and self._now() < ends.until else None

    @contextmanager
    def holding(self, name: str) -> Iterator[None]:
        """For the time of the block the message is in hand. What it is accused of is forgotten when it is through,
        and not when the block is broken off."""
        self.take(name)
        try:
            yield
        except BaseException:
            self._write(name, self._ends.get(name, Ends()), held=False)
            raise
        self._ends.pop(name, None)
        self._drop(name)

    def take(self, name: str) -> None:
        """The message is in hand from now on."""
        self._write(name, self._ends.get(name, Ends()), held=True)

    def _found(self, file: Path) -> None:
        """What a process before this one left."""
        try:
            count, at, held = file.read_text("ascii").split()
            ends = Ends(int(count), float(at))
        except ValueError:
            ends, held = Ends(), "1"  # it was ended in the moment of writing
        if held == "1":
            ends = Ends(ends.count + 1, self._now())
        if not ends.count or self._now() - ends.at > FORGOTTEN_SECONDS:
            self._drop(file.name)
            return
        self._ends[file.name] = ends
        self._write(file.name, ends, held=False)

    def _write(self, name: str, ends: Ends, *, held: bool) -> None:
        if not held and not ends.count:
            self._drop(name)
            return
        with suppress(OSError):
            file = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                os.write(file, f"{ends.count} {ends.at} {int(held)}".encode())
            finally:
                os.close(file)

    def _drop(self, name: str) -> None:
        with suppress(OSError):
            (self._folder / name).unlink()
