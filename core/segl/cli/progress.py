"""A progress bar over bytes read or things done, on standard error. Apart, so that only who shows it loads
:mod:`rich`."""

from __future__ import annotations

import sys
from types import TracebackType

from rich import progress
from rich.console import Console


class Progress:
    """``with Progress(total) as bar: bar.advance(n)``; gone from the screen when done."""

    def __init__(self, total: float, *, counted: bool = False) -> None:
        """*total* is in bytes, or *counted* in things."""
        self._bar = progress.Progress(
            progress.BarColumn(),
            progress.TaskProgressColumn(),
            progress.MofNCompleteColumn() if counted else progress.DownloadColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=True,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def advance(self, amount: float) -> None:
        self._bar.advance(self._task, amount)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
