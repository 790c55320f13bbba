"""Finds the messages that ``segl check`` is asked about: files, mailboxes, directories, standard input.

A mailbox in mbox form (RFC 4155) is a row of messages, each after a line that begins with ``From``; a line
of the message that begins so is written ``>From``. A file is taken for a mailbox when its first line begins
so. In a directory every file is taken, also below it, but none whose name begins with a dot.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from segl.pipes import NobodyWrites, open_to_read

_FROM = b"From "
STDIN = "-"
NO_FILE = "there is no such file"


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to check: its name for people, its bytes, and how much of the input it took."""

    name: str
    raw: bytes
    read: int


@dataclass(frozen=True, slots=True)
class Unread:
    """Something that could not be read, and why."""

    name: str
    problem: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read. ``size`` is in bytes, 0 when unknown (standard input, a pipe)."""

    name: str
    path: Path | None
    size: int


def find_sources(given: Iterable[str]) -> Iterator[Source | Unread]:
    """The files that *given* (arguments) stand for, directories opened."""
    for argument in given:
        if argument == STDIN:
            yield Source("standard input", None, 0)
            continue
        if not argument:  # Path("") is the directory one stands in
            yield Unread("''", "is an empty name", "name a file, a directory, or - for standard input")
            continue
        path = Path(argument)
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            yield _unread(argument, error)
            continue
        if stat.S_ISDIR(mode):
            yield from _below(path)
        elif stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
            yield Source(argument, path, path.stat().st_size if stat.S_ISREG(mode) else 0)
        else:
            yield Unread(argument, f"is {_kind(mode)}, which holds no message")


def _kind(mode: int) -> str:
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "a socket"


def _below(directory: Path) -> Iterator[Source | Unread]:
    faults: list[OSError] = []
    found = False
    for folder, folders, files in os.walk(directory, onerror=faults.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                found = True
                yield Source(str(path), path, path.stat().st_size)
    for fault in faults:
        yield _unread(str(fault.filename or directory), fault)
    if not found and not faults:
        yield Unread(str(directory), "holds no files", "name a directory with messages, one a file")


def read_mail(source: Source, most: int) -> Iterator[Mail | Unread]:
    """The messages in *source*. Of one message little more than *most* bytes are kept: enough to call it
    too large."""
    try:
        if source.path is None:
            yield from _messages(sys.stdin.buffer, source.name, most)
            return
        with open_to_read(source.path) as file:
            yield from _messages(file, source.name, most)
    except NobodyWrites as error:
        yield Unread(source.name, str(error.strerror), "begin what writes into it before")
    except OSError as error:
        yield _unread(source.name, error)


def _messages(file: BinaryIO, name: str, most: int) -> Iterator[Mail | Unread]:
    first = file.readline(most + 1)
    if not first.strip():
        rest = file.read(most + 1)
        if not rest.strip():
            yield Unread(name, "is empty")
            return
        first += rest
    if first.startswith(_FROM):
        yield from _mbox(file, name, most)
        return
    raw = first + file.read(max(0, most + 1 - len(first)))
    yield Mail(name, raw, len(raw))


def _mbox(file: BinaryIO, name: str, most: int) -> Iterator[Mail]:
    lines: list[bytes] = []
    number, size, read, blank = 1, 0, 0, False
    for line in iter(lambda: file.readline(most + 1), b""):
        read += len(line)
        if blank and line.startswith(_FROM):
            yield Mail(f"{name}#{number}", b"".join(lines), read)
            lines, number, size, read, blank = [], number + 1, 0, 0, False
            continue
        blank = line in (b"\n", b"\r\n")
        if size <= most:
            lines.append(line[1:] if line.lstrip(b">").startswith(_FROM) and line[:1] == b">" else line)
            size += len(line)
    yield Mail(f"{name}#{number}", b"".join(lines), read)


def _unread(name: str, error: Exception) -> Unread:
    match error:
        case FileNotFoundError():
            return Unread(name, NO_FILE)
        case PermissionError():
            return Unread(name, "may not be read", "run as a user who may, or as root")
        case OSError():
            return Unread(name, f"cannot be read: {(error.strerror or type(error).__name__).lower()}")
        case _:
            return Unread(name, "is no usable file name")
