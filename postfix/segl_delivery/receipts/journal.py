"""Follows systemd's journal where Postfix logs to no file (Debian without rsyslog), by journalctl(1).

The same lines as in a file are made of its entries. A start reads the last minute before the position once more, as
:mod:`segl_delivery.receipts.follow` says.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

NAME: Final = Path("journal")  # what it is called in the table of positions
_PLACES: Final = (Path("/run/log/journal"), Path("/var/log/journal"))
_TAGS: Final = (
    "postfix/segl-tls/smtp",
    *(f"postfix/segl-{way}/lmtp" for way in ("tunnel", "certificate", "portal")),
    "postfix/segl-relay/smtp",
    "postfix-segl/error",
)
_AGAIN_SECONDS: Final = 60
_FIELDS: Final = "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_UID"
_AT_ONCE: Final = 1024 * 1024
# Bytes: who writes into a full pipe fills a page of it at least, as soon as there is room.
_FULL: Final = 4096
# That journalctl may need to find its place, before its silence says that there is no more.
_FINDING_SECONDS: Final = 5.0
# That it may take to tell of the last entries.
_TOLD_SECONDS: Final = 20.0
# Characters of what journalctl said.
_LONGEST: Final = 200


@cache
def _writers() -> frozenset[int]:
    """Whose entries count: anybody may write to the journal under Postfix's name (logger(1)), and the journal itself
    notes who did (systemd.journal-fields(7))."""
    with suppress(KeyError):
        return frozenset({0, pwd.getpwnam("postfix").pw_uid})
    return frozenset({0})


def is_there() -> bool:
    """Whether this host has a journal."""
    return shutil.which("journalctl") is not None and any(place.is_dir() for place in _PLACES)


def newest(before: float, directory: Path | None = None) -> int | None:
    """When the newest entry that counts was written before the moment *before* (Unix seconds), in microseconds; of the
    last hundred, ``None``: none of them counts. Raises :class:`OSError` where journalctl cannot tell."""
    command = [*_command(directory), "--reverse", "--lines=100", f"--until=@{int(before)}"]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TOLD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"journalctl has not answered within {_TOLD_SECONDS:.0f} seconds") from None
    if done.returncode:
        raise OSError(f"journalctl ended ({done.returncode}): {_last_of(done.stderr) or 'without a word'}")
    return next((at for entry in done.stdout.split(b"\n") if (at := _moment_of(entry)) is not None), None)


def _command(directory: Path | None) -> list[str]:
    """journalctl(1), for what Postfix wrote of the ways out, as :meth:`Journal._line` reads it."""
    return [
        *("journalctl", "--quiet", "--output=json", f"--output-fields={_FIELDS}"),
        *(f"--identifier={tag}" for tag in _TAGS),
        *([f"--directory={directory}"] if directory else []),
    ]


def _moment_of(entry: bytes) -> int | None:
    journal = Journal()
    journal._at = 0
    return journal._at if journal._line(entry) else None


def _last_of(said: bytes) -> str:
    lines = said.decode("utf-8", "replace").split("\n")
    return next((line[:_LONGEST] for line in reversed(lines) if line), "")


@dataclass(slots=True)
class Journal:
    """The journal, and how far it is read; *directory* names another than the host's."""

    directory: Path | None = None
    path: Path = NAME
    _process: subprocess.Popen[bytes] | None = None
    # In memory: nobody reads it before journalctl has ended, and a full pipe would hold it up.
    _said: BinaryIO | None = None
    _rest: bytes = b""
    _begun: float = 0.0
    at_end: bool = False  # whether lines() gave all that journalctl had written
    _at: int = field(default_factory=lambda: int(time.time() * 1e6))  # microseconds

    def resume(self, position: dict[str, Any] | None) -> None:
        """Go on from *position*, or from now. Raises :class:`OSError`."""
        self.close()
        self._at = int(position["at"]) if position is not None else int(time.time() * 1e6)
        since = max(0, self._at // 1_000_000 - _AGAIN_SECONDS)
        self._begun = time.monotonic()
        self._said = os.fdopen(os.memfd_create("journalctl"), "w+b", 0)
        self._process = subprocess.Popen(
            [*_command(self.directory), "--follow", "--lines=all", f"--since=@{since}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        assert self._process.stdout is not None  # noqa: S101
        os.set_blocking(self._process.stdout.fileno(), False)

    def lines(self) -> list[str]:
        """What was written since. Raises :class:`OSError` when journalctl has ended."""
        if self._process is None:
            self.resume(None)
        assert self._process is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        found_its_place = time.monotonic() > self._begun + _FINDING_SECONDS
        self.at_end = found_its_place
        try:
            chunk = os.read(self._process.stdout.fileno(), _AT_ONCE)
        except BlockingIOError:
            return []
        self.at_end = found_its_place and len(chunk) < _FULL
        if not chunk:
            raise OSError(f"journalctl ended ({self._process.wait()}): {self._last_words()}")
        *whole, self._rest = (self._rest + chunk).split(b"\n")
        return [line for entry in whole if (line := self._line(entry))]

    def _last_words(self) -> str:
        """What journalctl said last, or the usual cause where it said nothing."""
        assert self._said is not None  # noqa: S101
        self._said.seek(0)
        return _last_of(self._said.read()) or "may this user read the journal?"

    @property
    def position(self) -> dict[str, int]:
        return {"at": self._at}

    def close(self) -> None:
        process, self._process, self._rest = self._process, None, b""
        if self._said is not None:
            self._said.close()
            self._said = None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdout is not None  # noqa: S101
            process.stdout.close()

    def _line(self, entry: bytes) -> str:
        """The entry as a log file has it; ``""`` for one that is not understood."""
        try:
            found = json.loads(entry)
            at, text = int(found["__REALTIME_TIMESTAMP"]), found["MESSAGE"]
            tag = _TAGS[_TAGS.index(found["SYSLOG_IDENTIFIER"])]
            pid = int(found.get("SYSLOG_PID") or found["_PID"])
            if int(found["_UID"]) not in _writers():
                return ""
        except (ValueError, KeyError, TypeError):
            return ""
        if not isinstance(text, str):  # bytes that are no UTF-8 come as a list of numbers
            return ""
        self._at = max(self._at, at)
        return f"{datetime.fromtimestamp(at / 1e6, UTC).isoformat()} journal {tag}[{pid}]: {text}"
