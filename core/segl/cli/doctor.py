"""``segl doctor``: reads the running configuration and names what would let mail out unseen or in clear."""

from __future__ import annotations

from typing import Annotated

import typer

from segl.cli.options import SettingsFile
from segl.places import DEFAULT_FILE


def doctor(
    settings: SettingsFile = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for programs.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show what is in order too.")] = False,
    canary: Annotated[
        bool, typer.Option("--canary", help="Send a message through every way, and wait for it.")
    ] = False,
) -> None:
    """Look for everything that would let mail out unseen or in clear.

    Exit code: 0 all in order, 1 something to look at, 2 a failure.
    """
    # Only now: what the checks load takes half a second, and --help needs none of it.
    from segl.cli.doctor_checks import checks_of
    from segl.cli.doctor_text import tell

    raise typer.Exit(tell(checks_of(settings, canary=canary), everything=everything, as_json=as_json))
