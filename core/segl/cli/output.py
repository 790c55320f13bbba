"""How ``segl`` speaks: results to standard output, everything else to standard error.

Errors are two lines at most, ``segl: what failed`` and ``hint: what to do``, in lower case and without a full
stop. Colour is used only on a terminal, and never when ``NO_COLOR`` is set (https://no-color.org). What comes
out of a message (file names, places) may hold control sequences, so it is made printable first.
"""

from __future__ import annotations

import codecs
import errno
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any, NoReturn, TextIO

import typer

from segl.errors import FileFaults, SeglError
from segl.vocabulary import Decision

NO_FILE = "there is no such file"


class Exit(IntEnum):
    """Exit codes of ``segl check`` and ``segl rules``."""

    OK = 0
    FAILED = 1
    BAD_INPUT = 2
    SECURE = 10
    HOLD = 11
    REJECT = 12
    INTERRUPTED = 130  # what a shell says of a program that Ctrl-C ended
    READER_LEFT = 141  # the same of SIGPIPE


EXIT_OF = {
    Decision.PLAIN: Exit.OK,
    Decision.SECURE: Exit.SECURE,
    Decision.HOLD: Exit.HOLD,
    Decision.REJECT: Exit.REJECT,
}

COLOUR_OF = {
    Decision.PLAIN: typer.colors.GREEN,
    Decision.SECURE: typer.colors.YELLOW,
    Decision.HOLD: typer.colors.RED,
    Decision.REJECT: typer.colors.RED,
}


def coloured(stream: TextIO) -> bool:
    """Whether *stream* shows colours."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, colour: str | None = None, *, bold: bool = False, dim: bool = False) -> str:
    """*text* for standard output, coloured when that is a terminal."""
    return typer.style(text, fg=colour, bold=bold, dim=dim) if coloured(sys.stdout) else text


def printable(text: str) -> str:
    """*text* without what a terminal would act on: control characters, direction marks, half characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def say(text: str = "") -> None:
    """One line of result, in the terminal's charset whatever it is."""
    encoding = sys.stdout.encoding or "utf-8"
    _print(text.encode(encoding, "backslashreplace").decode(encoding))


def say_json(value: Any) -> None:
    """*value* as one line of JSON in UTF-8; half characters are replaced. Where standard output has another charset,
    which need not have every letter, all that is not ASCII is escaped (RFC 8259 §7): JSON in Latin-1 is none."""
    line = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()
    if not line.isascii() and not _speaks_utf8(sys.stdout):
        line = json.dumps(json.loads(line))
    _print(line)


def _speaks_utf8(stream: TextIO) -> bool:
    try:
        return codecs.lookup(stream.encoding or "utf-8").name == "utf-8"
    except LookupError:
        return False


def _print(line: str) -> None:
    try:
        typer.echo(line)
    except BrokenPipeError:  # answered here: click would end with 1, as if something had failed
        _reader_left()


def complain(what: str, hint: str = "") -> None:
    """An error that does not end the run."""
    show = coloured(sys.stderr)
    name = typer.style("segl:", fg=typer.colors.RED, bold=True) if show else "segl:"
    typer.echo(f"{name} {printable(what)}", err=True)
    if hint:
        typer.echo(f"{typer.style('hint:', dim=True) if show else 'hint:'} {printable(hint)}", err=True)


def fail(what: str, hint: str = "", code: Exit = Exit.BAD_INPUT) -> NoReturn:
    """An error that ends the run."""
    complain(what, hint)
    raise typer.Exit(code)


def fail_of(error: SeglError) -> NoReturn:
    """Ends the run with the text of *error*; a bad file is told fault by fault."""
    if isinstance(error, FileFaults):
        for fault in error.faults:
            complain(fault.told, fault.hint)
        if error.more:
            complain(error.rest)
        raise typer.Exit(Exit.BAD_INPUT)
    fail(error.private, error.hint)


def why_unread(error: Exception) -> tuple[str, str]:
    """What is told of a file that *error* keeps from being read, after its name; and the hint."""
    match error:
        case FileNotFoundError():
            return NO_FILE, ""
        case PermissionError():
            return "may not be read", "run as a user who may, or as root"
        case OSError():
            return f"cannot be read: {(error.strerror or type(error).__name__).lower()}", ""
        case _:
            return "is no usable file name", ""


def fail_of_file(file: Path, error: OSError, code: Exit = Exit.BAD_INPUT) -> NoReturn:
    """Ends the run: *file* cannot be read."""
    what, hint = why_unread(error)
    fail(f"{file}: {what}", hint, code)


def minute(at: float) -> str:
    """*at*, in Unix seconds, to the minute and in local time: ``2026-11-25 10:00``."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def columns(rows: Iterable[tuple[str, ...]], gap: str = "  ") -> Iterator[str]:
    """*rows* as lines, each column as wide as its widest cell; the last is left as it is."""
    table = list(rows)
    if not table:
        return
    widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
    for row in table:
        yield gap.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def tell_of_more(limit: int) -> None:
    """Behind a list that ends where it was told to, and not where there is no more."""
    say(f"the newest {limit}; there are more: --limit N shows so many")


def open_closed_streams() -> None:
    """``segl check … >&-``: a stream that was closed is nothing to Python. It leads nowhere instead, and no file that
    is opened later gets its number."""
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def leave_a_folder_that_is_gone() -> None:
    """Libraries ask where they are when they are loaded, and a shell may stand in a folder that was deleted."""
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir("/")


@contextmanager
def quiet_when_reader_leaves() -> Iterator[None]:
    """``segl check … | head`` ends without a word when the reader has seen enough, with one when the disk is full."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _reader_left()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        _to_nowhere()
        complain(f"not all was written: {error.strerror}")
        raise SystemExit(Exit.BAD_INPUT) from None


def _reader_left() -> NoReturn:
    _to_nowhere()
    raise SystemExit(Exit.READER_LEFT) from None


def _to_nowhere() -> None:
    """What is left of standard output goes there, or Python would try once more at its end, and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
