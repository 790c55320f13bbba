"""The command line that all daemons have: the settings file, ``--check-only``, ``--version``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from segl import __version__
from segl.places import DEFAULT_FILE


class Options(argparse.Namespace):
    """What was asked for."""

    settings: Path
    check_only: bool


def options_of(
    program: str, does: str, arguments: Sequence[str] | None, *, checks: str, notes: str = ""
) -> Options:
    """What *arguments* (``None``: those of this process) ask *program* for, which *does* that. *checks* is what
    ``--check-only`` looks at, *notes* stand at the end of the help. Ends the process with 2 where they are wrong."""
    parser = argparse.ArgumentParser(prog=program, description=does, epilog=notes)
    parser.add_argument(
        "--settings",
        type=Path,
        default=DEFAULT_FILE,
        metavar="FILE",
        help="settings file (default: %(default)s)",
    )
    parser.add_argument("--check-only", action="store_true", help=f"check {checks}, then end")
    parser.add_argument("--version", action="version", version=f"{program} {__version__}")
    return parser.parse_args(arguments, Options())
