"""A command at a terminal: its output goes there, or to a file."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

from world import template

# Runs a command with these descriptors as its output and errors, and this environment; gives its exit code.
Run: TypeAlias = Callable[[int, int, Mapping[str, str]], int]

_SECONDS = 60
_ENOUGH = 1_000_000


def executed(command: Sequence[str], seconds: float = _SECONDS) -> Run:
    """*command*, as a process of its own from the start."""

    def run(output: int, errors: int, environment: Mapping[str, str]) -> int:
        done = subprocess.run(
            command, stdout=output, stderr=errors, check=False, timeout=seconds, env=environment
        )
        return done.returncode

    return run


def segl(*words: str) -> Run:
    """``segl`` with these *words*, from its template."""

    def run(output: int, errors: int, environment: Mapping[str, str]) -> int:
        child = template.spawn("segl", words, environment=environment, output=output, errors=errors)
        return child.wait(_SECONDS)

    return run


def told_on_terminal(run: Run, out: Path) -> tuple[int, str]:
    """Runs it with its standard output in the file *out* and its standard error on a terminal with colours. Gives its
    exit code and what the terminal was told."""
    with out.open("wb") as file:
        return _on_terminal(lambda terminal, environment: run(file.fileno(), terminal, environment), "")


def shown_on_terminal(run: Run, no_color: str) -> str:
    """What it shows with its standard output on a terminal with colours, where ``NO_COLOR`` says *no_color*."""
    with Path(os.devnull).open("wb") as nowhere:
        return _on_terminal(
            lambda terminal, environment: run(terminal, nowhere.fileno(), environment), no_color
        )[1]


def _on_terminal(run: Callable[[int, Mapping[str, str]], int], no_color: str) -> tuple[int, str]:
    """A terminal is read meanwhile: it holds a few kilobytes, and who writes more to it waits for a reader."""
    main, terminal = pty.openpty()
    with ThreadPoolExecutor(1) as reader:
        shown = reader.submit(_told, main)
        try:
            code = run(terminal, {**os.environ, "NO_COLOR": no_color, "TERM": "xterm"})
        finally:
            os.close(terminal)
        told = shown.result()
    os.close(main)
    return code, told.decode()


def _told(main: int) -> bytes:
    """All that comes until nobody has the terminal open (Linux then says EIO)."""
    told = b""
    while len(told) < _ENOUGH:
        try:
            told += os.read(main, 4_096)
        except OSError:
            break
    return told
