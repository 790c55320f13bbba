"""Options that many commands of ``segl`` have, under the same names and in the same words, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.places import DEFAULT_FILE, is_missing

if TYPE_CHECKING:
    from segl.settings.document import Settings

SettingsFile = Annotated[Path, typer.Option("--settings", readable=False, help="The settings file.")]
# Of a command that does without one where nothing is installed.
SettingsFileIfAny = Annotated[
    Path | None, typer.Option("--settings", readable=False, help="The settings file.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
JsonLines = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen.")]


def settings_or_defaults(file: Path | None) -> Settings:
    """The settings of *file*, the usual one's, or defaults: what is asked of texts and rules needs no installation.
    Raises :class:`segl.errors.SettingsError`."""
    from segl.settings.file import load_settings, parse_settings

    if file is not None or not is_missing(DEFAULT_FILE):
        return load_settings(file or DEFAULT_FILE)
    return parse_settings({"organisation": {"name": "-", "domains": ["invalid"]}})
