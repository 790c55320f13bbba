"""Rule files that are named on the command line: the option ``--rules``, and the arguments of ``segl rules``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from segl.cli.output import fail


def rule_file(name: str) -> Path:
    """A rule file or folder. Ends the run where the name is empty, as of a variable that is not set (``--rules
    "$NEW"``): the current folder would be meant, and whatever rules lie in it. (With a Typer that tells what is a file
    :mod:`segl.cli.names` has refused it already.)"""
    if not name:
        fail("the name of a rule file is empty", "name a file or a folder; . is the current one")
    return Path(name)


Rules = Annotated[
    list[Path] | None,
    typer.Option("--rules", metavar="FILE", parser=rule_file, help="One more rule file."),
]
