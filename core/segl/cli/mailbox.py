"""Finds the messages that ``segl check`` is asked about: files, mailboxes, directories, standard input.

A mailbox in mbox form (RFC 4155) is a row of messages, each after a line that begins with ``From``; a line
of the message that begins so is written ``>From``. A file is taken for a mailbox when its first line begins
so. In a directory every file is taken, also below it, but none whose name begins with a dot, and none of a folder
whose name does; except one that holds mail: Maildir++ keeps what was sent in ``.Sent/cur``. What is passed over is
counted. Links to folders are not followed.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from segl.cli.output import complain, why_unread
from segl.pipes import NobodyWrites, open_to_read

_FROM = b"From "
STDIN = "-"
_NOWHERE = (errno.ENOENT, errno.ELOOP)  # a link to nothing, or to itself; or a message that was just moved
_MAILDIR = ("cur", "new")  # in a folder of a Maildir the messages; beside them lie a server's own files


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


class PassedOver(StrEnum):
    """What a directory holds beside the files that are taken for messages."""

    HIDDEN = "hidden file or folder"  # a folder is counted once, whatever is in it
    BESIDE = "file beside a Maildir folder's messages"
    LINK = "link to a folder"
    SPECIAL = "special file"  # a pipe, a socket, a link to nothing


_MANY = {
    PassedOver.HIDDEN: "hidden files and folders",
    PassedOver.BESIDE: "files beside a Maildir folder's messages",
    PassedOver.LINK: "links to folders",
    PassedOver.SPECIAL: "special files",
}


def tell_passed_over(passed: Counter[PassedOver]) -> None:
    """On standard error how much was passed over; nothing of nothing."""
    parts = [f"{passed[why]} {why if passed[why] == 1 else _MANY[why]}" for why in PassedOver if passed[why]]
    if parts:
        complain(f"passed over: {', '.join(parts)}", "name them one by one to have them read")


def find_sources(
    given: Iterable[str], passed: Counter[PassedOver] | None = None
) -> Iterator[Source | Unread]:
    """The files that *given* (arguments) stand for, directories opened. What is passed over there is counted in
    *passed*."""
    passed = Counter() if passed is None else passed
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
            yield from _below(path, passed)
        elif stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
            yield Source(argument, path, path.stat().st_size if stat.S_ISREG(mode) else 0)
        else:
            yield Unread(argument, f"is {_kind(mode)}, which holds no message")


def _kind(mode: int) -> str:
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "a socket"


def _below(directory: Path, passed: Counter[PassedOver]) -> Iterator[Source | Unread]:
    faults: list[OSError] = []
    found = False
    for folder, folders, files in os.walk(directory, onerror=faults.append):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if _is_entered(here / name, passed))
        if here != directory and _is_hidden(here.name) and _is_maildir(here):
            passed[PassedOver.BESIDE] += len(files)
            continue
        for name in sorted(files):
            path = here / name
            if _is_hidden(name):
                passed[PassedOver.HIDDEN] += 1
                continue
            try:
                status = path.stat()
            except OSError as error:
                if error.errno in _NOWHERE:
                    passed[PassedOver.SPECIAL] += 1
                else:
                    faults.append(error)
                continue
            if stat.S_ISREG(status.st_mode):
                found = True
                yield Source(str(path), path, status.st_size)
            else:
                passed[PassedOver.SPECIAL] += 1
    for fault in faults:
        yield _unread(str(fault.filename or directory), fault)
    if not found and not faults:
        yield Unread(str(directory), "holds no files", "name a directory with messages, one a file")


def _is_entered(folder: Path, passed: Counter[PassedOver]) -> bool:
    if _is_hidden(folder.name) and not _is_maildir(folder):
        passed[PassedOver.HIDDEN] += 1
        return False
    if folder.is_symlink():  # os.walk does not follow it: it may lead back
        passed[PassedOver.LINK] += 1
        return False
    return True


def _is_hidden(name: str) -> bool:
    return name.startswith(".")


def _is_maildir(folder: Path) -> bool:
    """Also with one of the two alone: some archives keep no empty folders."""
    try:
        return any((folder / name).is_dir() for name in _MAILDIR)
    except OSError:
        return False


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
    return Unread(name, *why_unread(error))
