"""A command at a terminal whose output goes to a file."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Sequence
from pathlib import Path


def told_on_terminal(command: Sequence[str], out: Path) -> tuple[int, str]:
    """Runs *command* with its standard output in the file *out* and its standard error on a terminal with colours.
    Gives its exit code and the first that the terminal was told."""
    main, terminal = pty.openpty()
    with out.open("wb") as file:
        done = subprocess.run(
            command,
            stdout=file,
            stderr=terminal,
            check=False,
            timeout=60,
            env={**os.environ, "NO_COLOR": "", "TERM": "xterm"},
        )
    os.write(terminal, b".")  # so that there is something to read
    os.close(terminal)
    shown = os.read(main, 100_000).decode()
    os.close(main)
    return done.returncode, shown
