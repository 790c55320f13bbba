"""Options that many commands of ``segl`` have, under the same names and in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SettingsFile = Annotated[Path, typer.Option("--settings", readable=False, help="The settings file.")]
# Of a command that does without one where nothing is installed.
SettingsFileIfAny = Annotated[
    Path | None, typer.Option("--settings", readable=False, help="The settings file.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen.")]
